"""An event as its page shows it: the event, all its dates, who does it, where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from palabre.agenda.sql import Moment
from palabre.database.connection import Row, fetch
from palabre.events.values import AllDay, Timed, When

MAX_DATES = 400  # of one event: what saving expands at most, with a margin


@dataclass(frozen=True, slots=True)
class EventDate:
    """One date of an event: when, and what differs from the others."""

    when: When
    cancelled: bool
    title: str | None
    venue: str | None
    is_past: bool


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation that an event names beside its organiser."""

    name: str
    slug: str


async def dates_of(event_id: UUID, zone: str, moment: Moment) -> list[EventDate]:
    """Return all dates of an event in their order, each on the event's own clock."""
    rows = await fetch(
        "SELECT o.*, v.name AS venue FROM core_occurrence o"
        " LEFT JOIN core_venue v ON v.id = o.venue_id"
        " WHERE o.event_id = $1 ORDER BY o.starts_at, o.id LIMIT $2",
        event_id,
        MAX_DATES,
    )
    return [_date(row, zone, moment) for row in rows]


async def partners_of(event_id: UUID) -> Sequence[Partner]:
    """Return the co-organisers of an event by name."""
    rows = await fetch(
        "SELECT g.name, g.slug FROM core_co_organiser c"
        " JOIN core_organisation g ON g.id = c.organisation_id"
        " WHERE c.event_id = $1 ORDER BY g.name",
        event_id,
    )
    return [Partner(row["name"], row["slug"]) for row in rows]


def is_away(when: When, site_zone: ZoneInfo) -> bool:
    """Whether an event's clock shows another hour than the site's."""
    if isinstance(when, AllDay):
        return False
    return when.starts.utcoffset() != when.starts.astimezone(site_zone).utcoffset()


def _date(row: Row, zone: str, moment: Moment) -> EventDate:
    local = ZoneInfo(zone)
    starts: datetime = row["starts_at"]
    ends: datetime = row["ends_at"]
    when: When
    if row["all_day"]:
        when = AllDay(row["first_day"], _next(row["last_day"]), zone)
        over = row["last_day"] < moment.today
    else:
        last = ends.astimezone(local) if ends > starts else None
        when = Timed(starts.astimezone(local), last, zone)
        over = ends < moment.now
    return EventDate(when, row["cancelled"], row["title"], row["venue"], over)


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
