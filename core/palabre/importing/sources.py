"""What the database remembers of sources: which VEVENT became which event, and what it said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from palabre.database.connection import Connection, fetchrow, fetchval
from palabre.database.ids import new_id
from palabre.errors import Conflict
from palabre.i18n import gettext as _
from palabre.importing.ical.model import CalendarHead
from palabre.importing.origin import Freshness


@dataclass(frozen=True, slots=True)
class Known:
    """A VEVENT met before; `event_id` is None when its event was deleted here."""

    key: str
    event_id: UUID | None
    leads: bool
    fingerprint: bytes
    sequence: int
    modified: datetime | None
    missing: bool


@dataclass(frozen=True, slots=True)
class Foreign:
    """A VEVENT that another source brought; `same_name` when that is the same calendar by name."""

    row: Known
    source_id: UUID
    same_name: bool


@dataclass(frozen=True, slots=True)
class Link:
    """What to remember of a VEVENT that was just imported."""

    key: str
    event_id: UUID
    leads: bool
    fingerprint: bytes
    sequence: int
    modified: datetime | None


async def freshness(organisation_id: UUID, location: str) -> Freshness:
    """Return what the server of `location` said last time."""
    row = await fetchrow(
        "SELECT etag, last_modified FROM core_source WHERE organisation_id = $1 AND location = $2",
        organisation_id,
        location,
    )
    return Freshness(row["etag"], row["last_modified"]) if row else Freshness()


async def count(organisation_id: UUID, location: str) -> int:
    """Return how many VEVENTs a source holds."""
    return int(
        await fetchval(
            "SELECT count(*) FROM core_source_event e JOIN core_source s ON s.id = e.source_id"
            " WHERE s.organisation_id = $1 AND s.location = $2 AND e.missing_since IS NULL",
            organisation_id,
            location,
        )
    )


async def begin(
    connection: Connection, organisation_id: UUID, location: str, head: CalendarHead
) -> tuple[UUID, int]:
    """Start an import: make the source if need be and take the next number; returns both."""
    row = await connection.fetchrow(
        "INSERT INTO core_source (id, organisation_id, location, title, product, run)"
        " VALUES ($1, $2, $3, $4, $5, 1)"
        " ON CONFLICT (organisation_id, location) DO UPDATE"
        " SET run = core_source.run + 1, title = excluded.title, product = excluded.product,"
        " imported_at = now() RETURNING id, run",
        new_id(),
        organisation_id,
        location,
        head.name[:200],
        head.product[:200],
    )
    if row is None:
        raise AssertionError("an upsert returns its row")
    return row["id"], row["run"]


async def still_ours(connection: Connection, source_id: UUID, run: int) -> None:
    """Hold the source for the rest of the transaction; raises Conflict when overtaken."""
    now = await connection.fetchval(
        "SELECT run FROM core_source WHERE id = $1 FOR UPDATE", source_id
    )
    if now != run:
        raise Conflict(
            _("Un autre import de la même source a commencé : celui-ci s’arrête."), current=now or 0
        )


async def finish(connection: Connection, source_id: UUID, fresh: Freshness) -> None:
    """Remember what the server said, once everything it sent is stored."""
    await connection.execute(
        "UPDATE core_source SET etag = $2, last_modified = $3 WHERE id = $1",
        source_id,
        fresh.etag,
        fresh.last_modified,
    )


async def known_here(connection: Connection, source_id: UUID) -> dict[str, Known]:
    """Return all VEVENTs of a source by key, in one query."""
    rows = await connection.fetch(
        "SELECT key, event_id, leads, fingerprint, sequence, modified,"
        " missing_since IS NOT NULL AS missing FROM core_source_event WHERE source_id = $1",
        source_id,
    )
    return {row["key"]: Known(*row) for row in rows}


async def known_elsewhere(
    connection: Connection, source_id: UUID, keys: Sequence[str]
) -> dict[str, Foreign]:
    """Return those of `keys` that another source of the organisation brought, the latest first."""
    if not keys:
        return {}
    rows = await connection.fetch(
        "SELECT DISTINCT ON (e.key) e.key, e.event_id, e.leads, e.fingerprint, e.sequence,"
        " e.modified, false AS missing, s.id AS source_id,"
        " s.title <> '' AND s.title = own.title AND s.product = own.product AS same_name"
        " FROM core_source_event e"
        " JOIN core_source s ON s.id = e.source_id JOIN core_source own ON own.id = $1"
        " WHERE s.organisation_id = own.organisation_id AND s.id <> own.id AND e.key = ANY($2)"
        " AND e.event_id IS NOT NULL ORDER BY e.key, same_name DESC, s.imported_at DESC",
        source_id,
        list(keys),
    )
    return {
        row["key"]: Foreign(Known(*row[:7]), row["source_id"], row["same_name"]) for row in rows
    }


async def remember(connection: Connection, source_id: UUID, links: Sequence[Link]) -> None:
    """Write what was imported, new or again."""
    await connection.execute(
        "INSERT INTO core_source_event"
        " (source_id, key, event_id, leads, fingerprint, sequence, modified)"
        " SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::boolean[], $5::bytea[], $6::int[],"
        " $7::timestamptz[])"
        " ON CONFLICT (source_id, key) DO UPDATE SET event_id = excluded.event_id,"
        " leads = excluded.leads, fingerprint = excluded.fingerprint,"
        " sequence = excluded.sequence, modified = excluded.modified, missing_since = NULL",
        source_id,
        [link.key for link in links],
        [link.event_id for link in links],
        [link.leads for link in links],
        [link.fingerprint for link in links],
        [link.sequence for link in links],
        [link.modified for link in links],
    )


async def note_missing(
    connection: Connection, source_id: UUID, gone: Sequence[str], back: Sequence[str]
) -> None:
    """Remember which keys the source holds no more, and which it holds again."""
    if gone or back:
        await connection.execute(
            "UPDATE core_source_event SET missing_since ="
            " CASE WHEN key = ANY($2) THEN coalesce(missing_since, now()) END"
            " WHERE source_id = $1 AND (key = ANY($2) OR key = ANY($3))",
            source_id,
            list(gone),
            list(back),
        )


async def forget(connection: Connection, source_id: UUID, keys: Sequence[str]) -> None:
    """Drop keys: single dates that their series lists no more, or keys that were replaced."""
    if keys:
        await connection.execute(
            "DELETE FROM core_source_event WHERE source_id = $1 AND key = ANY($2)",
            source_id,
            list(keys),
        )


async def imported_contents(
    connection: Connection, event_ids: Iterable[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Return what the last import said of these events."""
    rows = await connection.fetch(
        "SELECT event_id, content FROM core_imported_content WHERE event_id = ANY($1)",
        list(event_ids),
    )
    return {row["event_id"]: json.loads(row["content"]) for row in rows}


async def remember_contents(
    connection: Connection, contents: Mapping[UUID, Mapping[str, Any]]
) -> None:
    """Write what this import says of these events."""
    await connection.execute(
        "INSERT INTO core_imported_content (event_id, content)"
        " SELECT * FROM unnest($1::uuid[], $2::jsonb[])"
        " ON CONFLICT (event_id) DO UPDATE SET content = excluded.content",
        list(contents),
        [json.dumps(content) for content in contents.values()],
    )
