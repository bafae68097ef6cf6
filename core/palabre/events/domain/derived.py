"""What follows from an event's row: its occurrences, its search words, its feed fragments.

All of it is rewritten in the transaction that changes the row (pay on write): whatever a reader
sees was complete when the editor's save was.
"""

import asyncio
import json
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from palabre.agenda.search import SearchText, search_text, vector
from palabre.database.connection import Connection, transaction
from palabre.events.domain.extending import faces
from palabre.events.domain.rows import content_of, start_text
from palabre.events.recurrence import SingleDate, expand
from palabre.events.values import AllDay, Content, Place, Publication, When
from palabre.feeds.domain import write_fragments
from palabre.feeds.values import Extension, FeedEvent, Fragment, Organiser
from palabre.feeds.vevent import render

BATCH = 200  # events rewritten at a time
Row = dict[str, Any]

_TOUCH = """
UPDATE core_event
SET version = version + 1, sequence = sequence + 1,
    changed_at = greatest(date_trunc('second', now()), changed_at + interval '1 second')
WHERE id = ANY($1)
"""
_PLACE = tuple(field.name for field in fields(Place))
_OCCURRENCE = """
INSERT INTO core_occurrence (event_id, original, all_day, starts_at, ends_at, first_day, last_day,
                             cancelled, title, venue_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_DERIVED = f"""
UPDATE core_event SET first_at = $2, last_at = $3, search = {vector("$4", "$5", "$6")}
WHERE id = $1
"""  # noqa: S608 - placeholders only


_FORGET_CO_ORGANISERS = "DELETE FROM core_co_organiser WHERE event_id = ANY($1)"
_CO_ORGANISERS = """
INSERT INTO core_co_organiser (event_id, organisation_id)
SELECT e.id, c.id FROM core_event e
JOIN core_organisation c ON c.id = ANY(e.co_organiser_ids) AND c.id <> e.organisation_id
WHERE e.id = ANY($1) AND c.merged_into_id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from a row of core_event: its dates, their whole span, its search words.

    `event` is what subscribers read of it, None for what they may not.
    """

    row: Row
    dates: Sequence[SingleDate]
    span: tuple[datetime, datetime]
    words: SearchText
    event: FeedEvent | None


async def touch_events(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Tell the subscribers of these events that something they show has changed elsewhere.

    For a venue that was renamed or merged, an organisation that changed its name. Raises SEQUENCE
    and LAST-MODIFIED (FEED.md E11) and rewrites all that is derived.
    """
    await connection.execute(_TOUCH, list(event_ids))
    await rebuild(connection, event_ids)


async def derive(
    connection: Connection,
    rows: Sequence[Row],
    contents: Sequence[Content],
    *,
    stored: bool = True,
) -> list[Derived]:
    """Work out what follows from rows of core_event and what they say.

    `stored` is False while plugins have not stored their part of it yet. Names and places are read once for all of them; the rest happens in a thread.
    """
    places = await _places(connection, contents)
    organisers = await _organisers(connection, rows)
    origin = await read_origin(connection)
    added = await faces(connection, rows, contents, stored=stored)

    def work() -> list[Derived]:
        return [
            _derived(row, content, places, organisers, origin, added.get(row["id"], ()))
            for row, content in zip(rows, contents, strict=True)
        ]

    return await asyncio.to_thread(work)


async def write_with(
    connection: Connection, derived: Sequence[Derived], rows_written: Awaitable[None]
) -> None:
    """Await `rows_written`, which writes the rows themselves, then write what stands beside them.

    The fragments are rendered in a thread meanwhile: that takes about as long as PostgreSQL does.
    """
    rendering = asyncio.create_task(asyncio.to_thread(_rendered, derived))
    await rows_written
    await _write_occurrences(connection, derived)
    ids = [each.row["id"] for each in derived]
    await connection.execute(_FORGET_CO_ORGANISERS, ids)
    await connection.execute(_CO_ORGANISERS, ids)
    await write_fragments(connection, await rendering)


async def rebuild(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Rewrite occurrences, search words and feed fragments of these events from their rows."""
    if not event_ids:
        return
    rows = await _rows(connection, event_ids)
    derived = await derive(connection, rows, [content_of(row) for row in rows])
    columns = [
        [each.row["id"], *each.span, each.words.title, each.words.names, each.words.words]
        for each in derived
    ]
    await write_with(connection, derived, connection.executemany(_DERIVED, columns))


async def rebuild_occurrences(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Expand these events' dates again, up to today's horizon; what they say stays."""
    rows = await _rows(connection, event_ids)
    derived = await derive(connection, rows, [content_of(row) for row in rows])
    await _write_occurrences(connection, derived)
    await connection.executemany(
        "UPDATE core_event SET last_at = greatest(last_at, $2) WHERE id = $1",
        [[each.row["id"], each.span[1]] for each in derived],
    )


async def read_origin(connection: Connection) -> str:
    """Return the address of the site as its feeds know it, such as https://agenda.example.org."""
    rows = await connection.fetch("SELECT value FROM core_setting WHERE name = 'origin'")
    return str(rows[0]["value"]) if rows else ""


async def keep_origin(origin: str) -> None:
    """Remember the site's address; when it has changed, rewrite what subscribers read of it."""
    async with transaction() as connection:
        if await read_origin(connection) == origin:
            return
        await connection.execute(
            "INSERT INTO core_setting (name, value) VALUES ('origin', $1)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            origin,
        )
        rows = await connection.fetch(
            "SELECT id FROM core_event WHERE publication = 'published' OR gone_at IS NOT NULL"
        )
        ids = [row["id"] for row in rows]
        for start in range(0, len(ids), BATCH):
            await touch_events(connection, ids[start : start + BATCH])


def is_public(row: Row) -> bool:
    """Whether subscribers read of this event: published now, or gone and kept as a tombstone."""
    return row["publication"] == Publication.PUBLISHED or row["gone_at"] is not None


def instants(when: When) -> tuple[datetime, datetime]:
    """Return the first instant and the end, in UTC; a point in time ends when it starts."""
    if isinstance(when, AllDay):
        zone = ZoneInfo(when.zone)
        starts = datetime.combine(when.starts, time(), zone)
        ends = datetime.combine(when.ends, time(), zone)
        return starts.astimezone(UTC), ends.astimezone(UTC)
    return when.starts.astimezone(UTC), (when.ends or when.starts).astimezone(UTC)


def days(when: When) -> tuple[date, date]:
    """Return the first and the last day, inclusive, on the calendar of the event's own zone.

    An evening that ends at midnight exactly belongs to the day it began.
    """
    if isinstance(when, AllDay):
        return when.starts, when.ends - timedelta(days=1)
    first = when.starts.date()
    if when.ends is None or when.ends == when.starts:
        return first, first
    last = (when.ends - timedelta(microseconds=1)).date()
    return first, max(first, last)


async def _rows(connection: Connection, event_ids: Sequence[UUID]) -> list[Row]:
    rows = await connection.fetch(
        "SELECT * FROM core_event WHERE id = ANY($1) ORDER BY id", list(event_ids)
    )
    return [_decoded(dict(row)) for row in rows]


async def _places(connection: Connection, contents: Iterable[Content]) -> dict[UUID, Place]:
    ids = {content.venue_id for content in contents} | {
        override.venue_id for content in contents for override in content.overrides
    }
    rows = await connection.fetch(
        f"SELECT id, {', '.join(_PLACE)} FROM core_venue WHERE id = ANY($1)",  # noqa: S608 - own names
        [venue_id for venue_id in ids if venue_id is not None],
    )
    return {row["id"]: Place(**{name: row[name] for name in _PLACE}) for row in rows}


async def _organisers(connection: Connection, rows: Iterable[Row]) -> dict[UUID, Organiser]:
    ids = {each for row in rows for each in (row["organisation_id"], *row["co_organiser_ids"])}
    found = await connection.fetch(
        "SELECT id, name, slug, url FROM core_organisation WHERE id = ANY($1)", list(ids)
    )
    return {row["id"]: Organiser(row["name"], row["slug"], row["url"]) for row in found}


def _derived(
    row: Row,
    content: Content,
    places: Mapping[UUID, Place],
    organisers: Mapping[UUID, Organiser],
    origin: str,
    extensions: tuple[Extension, ...],
) -> Derived:
    dates = expand(content)
    organiser = organisers[row["organisation_id"]]
    others = {*row["co_organiser_ids"]} - {row["organisation_id"]}
    names = tuple(sorted(organisers[each].name for each in others if each in organisers))
    place = places.get(content.venue_id) if content.venue_id else None
    event = FeedEvent(
        content=content,
        uid=row["uid"],
        slug=row["slug"],
        sequence=row["sequence"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        organiser=organiser,
        public_url=f"{origin}/evenements/{quote(row['slug'])}",
        place=place,
        places=places,
        co_organisers=names,
        gone=row["publication"] != Publication.PUBLISHED,
        extensions=extensions,
    )
    return Derived(
        row=row,
        dates=dates,
        span=_span(dates, content.when),
        words=search_text(
            content, place, [organiser.name, *names], [added.words for added in extensions]
        ),
        event=event if is_public(row) else None,
    )


def _rendered(derived: Sequence[Derived]) -> list[tuple[UUID, Fragment]]:
    return [(each.row["id"], render(each.event)) for each in derived if each.event is not None]


async def _write_occurrences(connection: Connection, derived: Sequence[Derived]) -> None:
    await connection.execute(
        "DELETE FROM core_occurrence WHERE event_id = ANY($1)", [each.row["id"] for each in derived]
    )
    await connection.executemany(
        _OCCURRENCE,
        [_occurrence(each.row, single) for each in derived for single in each.dates],
    )


def _occurrence(row: Row, single: SingleDate) -> list[object]:
    override = single.override
    return [
        row["id"],
        start_text(single.original) if single.original is not None else "",
        isinstance(single.when, AllDay),
        *instants(single.when),
        *days(single.when),
        single.cancelled,
        override.title if override else None,
        override.venue_id if override else None,
    ]


def _span(dates: Sequence[SingleDate], when: When) -> tuple[datetime, datetime]:
    spans = [instants(single.when) for single in dates] or [instants(when)]
    return min(starts for starts, _ in spans), max(ends for _, ends in spans)


def _decoded(row: Row) -> Row:
    """Return the row with its JSON columns as values; asyncpg hands them over as text."""
    for name in ("extras", "overrides", "translations"):
        if isinstance(row[name], str):
            row[name] = json.loads(row[name])
    return row
