"""What follows from an event's row: its occurrences, its search words, its feed fragments.

All of it is rewritten in the transaction that changes the row (pay on write): whatever a reader
sees was complete when the editor's save was.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from palabre.agenda.search import search_text, vector
from palabre.database.connection import Connection, transaction
from palabre.events.domain.rows import content_of, start_text
from palabre.events.recurrence import SingleDate, expand
from palabre.events.values import AllDay, Content, Place, Publication, When
from palabre.feeds.domain import write_fragments
from palabre.feeds.values import FeedEvent, Organiser

BATCH = 200  # events rewritten at a time
Row = dict[str, Any]

_ROWS = """
SELECT e.*,
       ARRAY(SELECT c.name FROM core_organisation c
             WHERE c.id = ANY(e.co_organiser_ids) AND c.id <> e.organisation_id
               AND c.merged_into_id IS NULL
             ORDER BY c.name) AS co_organiser_names,
       o.name AS organisation_name, o.slug AS organisation_slug, o.url AS organisation_url
FROM core_event e JOIN core_organisation o ON o.id = e.organisation_id
WHERE e.id = ANY($1) ORDER BY e.id
"""
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


async def touch_events(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Tell the subscribers of these events that something they show has changed elsewhere.

    For a venue that was renamed or merged, an organisation that changed its name. Raises SEQUENCE
    and LAST-MODIFIED (FEED.md E11) and rewrites all that is derived.
    """
    await connection.execute(_TOUCH, list(event_ids))
    await rebuild(connection, event_ids)


async def rebuild(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Rewrite occurrences, search words and feed fragments of these events from their rows."""
    if not event_ids:
        return
    rows = await _rows(connection, event_ids)
    contents = [content_of(row) for row in rows]
    places = await _places(connection, contents)
    dates = [expand(content) for content in contents]
    await _write_occurrences(connection, rows, dates)
    await connection.execute(_FORGET_CO_ORGANISERS, list(event_ids))
    await connection.execute(_CO_ORGANISERS, list(event_ids))
    await connection.executemany(
        _DERIVED,
        [
            [row["id"], *_span(singles, content.when), *_words(content, places, row)]
            for row, content, singles in zip(rows, contents, dates, strict=True)
        ],
    )
    origin = await read_origin(connection)
    await write_fragments(
        connection,
        [
            (row["id"], feed_event(row, content, places, origin))
            for row, content in zip(rows, contents, strict=True)
            if is_public(row)
        ],
    )


async def rebuild_occurrences(connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Expand these events' dates again, up to today's horizon; what they say stays."""
    rows = await _rows(connection, event_ids)
    dates = [expand(content_of(row)) for row in rows]
    await _write_occurrences(connection, rows, dates)
    spans = zip(rows, dates, strict=True)
    await connection.executemany(
        "UPDATE core_event SET last_at = greatest(last_at, $2) WHERE id = $1",
        [[row["id"], _span(singles, content_of(row).when)[1]] for row, singles in spans],
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


def feed_event(row: Row, content: Content, places: Mapping[UUID, Place], origin: str) -> FeedEvent:
    """Return what the feeds need to write this event."""
    return FeedEvent(
        content=content,
        uid=row["uid"],
        slug=row["slug"],
        sequence=row["sequence"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        organiser=Organiser(
            row["organisation_name"], row["organisation_slug"], row["organisation_url"]
        ),
        public_url=f"{origin}/evenements/{quote(row['slug'])}",
        place=places.get(content.venue_id) if content.venue_id else None,
        places=places,
        co_organisers=tuple(row["co_organiser_names"]),
        gone=row["publication"] != Publication.PUBLISHED,
    )


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
    rows = await connection.fetch(_ROWS, list(event_ids))
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


async def _write_occurrences(
    connection: Connection, rows: Sequence[Row], dates: Sequence[Sequence[SingleDate]]
) -> None:
    await connection.execute(
        "DELETE FROM core_occurrence WHERE event_id = ANY($1)", [row["id"] for row in rows]
    )
    await connection.executemany(
        _OCCURRENCE,
        [
            _occurrence(row, single)
            for row, singles in zip(rows, dates, strict=True)
            for single in singles
        ],
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


def _words(content: Content, places: Mapping[UUID, Place], row: Row) -> tuple[str, str, str]:
    place = places.get(content.venue_id) if content.venue_id else None
    found = search_text(content, place, [row["organisation_name"], *row["co_organiser_names"]])
    return found.title, found.names, found.words


def _decoded(row: Row) -> Row:
    """Return the row with its JSON columns as values; asyncpg hands them over as text."""
    for name in ("overrides", "translations"):
        if isinstance(row[name], str):
            row[name] = json.loads(row[name])
    return row
