"""Imports by the web: tried in the background, shown, then done in the background.

The work is a task of this process; how far it is stands in the database, so that any process can
show it. A job whose process went away is seen by its age and can be tried again.
"""

import asyncio
import contextlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from palabre.errors import DatabaseUnavailable, Denied, NotFound, PalabreError, Refused
from palabre.i18n import gettext as _
from palabre.importing import sources
from palabre.importing.apply import Order, import_calendar
from palabre.importing.fetch import OPEN_WEB, Way, fetch
from palabre.importing.models import ImportJob, JobState
from palabre.importing.origin import Freshness
from palabre.importing.report import Report, nothing_new, refused
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can

PATIENCE = 2.5  # seconds that a page waits for the work before it shows its progress
KEPT = timedelta(days=7)
_INTERRUPTED = timedelta(seconds=90)
_EVERY = 2.0  # seconds between two notes of the progress
_AT_WORK = frozenset({JobState.TRYING, JobState.IMPORTING})

log = structlog.get_logger()
_tasks: dict[UUID, asyncio.Task[None]] = {}


async def begin(
    actor: Actor, organisation: Organisation, job: ImportJob, zone: str, way: Way = OPEN_WEB
) -> None:
    """Keep a new job and try it: fetch, read, compare, change nothing.

    Raises:
        Denied: the actor may not import for this organisation.

    """
    if not can(actor, "organisation.import", organisation):
        raise Denied(_("Vous n’avez pas le droit d’importer pour cette organisation."))
    job.organisation_id, job.user_id = organisation.id, actor.user_id
    await job.save()
    await _start(actor, job, zone, way)


async def confirm(actor: Actor, job: ImportJob, zone: str) -> None:
    """Import what was tried; raises Refused when it isn't there any more, or already under way."""
    taken = await ImportJob.filter(id=job.id, state=JobState.TRIED, data__isnull=False).update(
        state=JobState.IMPORTING, done=0, total=0, touched_at=datetime.now(UTC)
    )
    if not taken:
        raise Refused(_("Cet import est déjà en cours, ou terminé."))
    await job.refresh_from_db()
    await _start(actor, job, zone, OPEN_WEB)


async def find(actor: Actor, organisation: Organisation, job_id: str) -> ImportJob:
    """Return a job of `organisation`; raises NotFound, also for who may not import for it."""
    with contextlib.suppress(ValueError):
        job = await ImportJob.get_or_none(id=UUID(job_id), organisation_id=organisation.id)
        if job is not None and can(actor, "organisation.import", organisation):
            return job
    raise NotFound(_("Cet import n’existe plus."))


async def forget_old(now: datetime) -> int:
    """Remove the imports of a week ago, their reports included; returns how many."""
    return await ImportJob.filter(created_at__lt=now - KEPT).delete()


def at_work(job: ImportJob) -> bool:
    """Whether somebody works on it."""
    return job.state in _AT_WORK and not interrupted(job)


def interrupted(job: ImportJob) -> bool:
    """Whether whoever worked on it went away."""
    return job.state in _AT_WORK and job.touched_at < datetime.now(UTC) - _INTERRUPTED


async def settled(job: ImportJob) -> None:
    """Wait a moment for the work of this process on `job`."""
    task = _tasks.get(job.id)
    if task is not None:
        await asyncio.wait({task}, timeout=PATIENCE)


async def _start(actor: Actor, job: ImportJob, zone: str, way: Way) -> None:
    task = asyncio.create_task(_work(actor, job, zone, way))
    _tasks[job.id] = task
    task.add_done_callback(lambda _task: _tasks.pop(job.id, None))
    await settled(job)


async def _work(actor: Actor, job: ImportJob, zone: str, way: Way) -> None:
    """Do one step of `job` and write down what came of it, whatever happens."""
    trial = job.state == JobState.TRYING
    reached = [0, 0]
    clock = asyncio.create_task(_keep_noting(job.id, reached))
    try:
        report = await _report(actor, job, zone, way, reached)
        state = (JobState.TRIED if trial else JobState.DONE) if report.taken else JobState.REFUSED
    except Exception:
        log.exception("import failed", job=str(job.id))
        state, report = JobState.FAILED, refused(_unforeseen())
    finally:
        clock.cancel()
    with contextlib.suppress(DatabaseUnavailable):  # then it is an interrupted one
        await ImportJob.filter(id=job.id).update(
            state=state,
            report=asdict(report),
            data=job.data if state is JobState.TRIED else None,
            etag=job.etag,
            last_modified=job.last_modified,
        )


async def _report(actor: Actor, job: ImportJob, zone: str, way: Way, reached: list[int]) -> Report:
    known = Freshness(job.etag, job.last_modified)
    trial = job.state == JobState.TRYING
    try:
        if job.data is None:
            before = await sources.freshness(job.organisation_id, job.location)
            fetched = await fetch(job.address, before, way)
            if fetched.unchanged:
                return nothing_new(await sources.count(job.organisation_id, job.location))
            job.data, known = fetched.data, fetched.freshness
            job.etag, job.last_modified = known.etag, known.last_modified
        order = Order(
            organisation_id=job.organisation_id,
            location=job.location,
            data=job.data,
            zone=zone,
            dry_run=trial,
            repair=job.repair,
            freshness=known,
        )

        def progress(done: int, total: int) -> None:
            reached[:] = done, total

        return await import_calendar(actor, order, progress)
    except PalabreError as error:
        return refused(error)


async def _keep_noting(job_id: UUID, reached: list[int]) -> None:
    while True:
        await asyncio.sleep(_EVERY)
        with contextlib.suppress(DatabaseUnavailable):
            await ImportJob.filter(id=job_id).update(
                done=reached[0], total=reached[1], touched_at=datetime.now(UTC)
            )


def _unforeseen() -> Refused:
    return Refused(
        _(
            "Une erreur imprévue a arrêté cet import ; elle est notée au journal. Rien n’a été changé."
        )
    )
