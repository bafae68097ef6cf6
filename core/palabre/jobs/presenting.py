"""Jobs in words, for pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.jobs.declaring import CORE
from palabre.jobs.queue import JobState
from palabre.jobs.registry import Registry

STATES = {
    JobState.WAITING: (marked("en attente"), "plain"),
    JobState.RUNNING: (marked("en cours"), "plain"),
    JobState.DONE: (marked("terminé"), "good"),
    JobState.FAILED: (marked("pas abouti"), "bad"),
    JobState.CANCELLED: (marked("annulé"), "plain"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A job as a page shows it; `why` says what it waits for, "" when for nothing but its turn."""

    id: str
    title: str
    owner: str
    state: JobState
    percent: int
    sentence: str
    error: str
    traceback: str
    arguments: str
    attempts: int
    due_at: datetime
    is_early: bool
    started_at: datetime | None
    ended_at: datetime | None
    is_ending: bool
    why: str

    @property
    def standing(self) -> tuple[str, str]:
        """Return its state in words, and the kind of badge they stand in."""
        words, badge = STATES[self.state]
        return _(words), badge


@dataclass(frozen=True, slots=True)
class Hour:
    """When a job with hours is next due."""

    title: str
    owner: str
    due: datetime


def line(registry: Registry, row: Mapping[str, Any]) -> Line:
    """Return a row of core_job in words."""
    job = registry.find(row["name"])
    return Line(
        id=str(row["id"]),
        title=_(job.title) if job else row["name"],
        owner=_owner(registry, row["owner"]),
        state=JobState(row["state"]),
        percent=row["percent"],
        sentence=row["sentence"],
        error=row["error"],
        traceback=row["traceback"],
        arguments="" if row["arguments"] == "{}" else row["arguments"],
        attempts=row["attempts"],
        due_at=row["due_at"],
        is_early=row["is_early"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        is_ending=row["cancel_asked"],
        why=_why(registry, row) if row["state"] == JobState.WAITING else "",
    )


def hours(registry: Registry, zone: ZoneInfo) -> list[Hour]:
    """Return what has hours and may run, the next first."""
    now = datetime.now(UTC)
    found = [
        Hour(_(job.title), _owner(registry, job.owner), job.cron.after(now, zone))
        for job in registry.schedules
        if job.cron
    ]
    return sorted(found, key=lambda hour: (hour.due, hour.title))


def _owner(registry: Registry, owner: str) -> str:
    """Return the title of the plugin whose job it is; "" for the core's."""
    return "" if owner == CORE else registry.title(owner)


def _why(registry: Registry, row: Mapping[str, Any]) -> str:
    if not registry.is_running(row["owner"]):
        sentence = _("Attend que l’extension « {title} » soit de nouveau en marche.")
        return sentence.format(title=registry.title(row["owner"]))
    if registry.find(row["name"]) is None:
        return _("Attend : la version installée ne connaît pas ce travail.")
    return ""
