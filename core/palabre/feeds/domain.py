"""What the feeds are told when events change, inside the transaction that changes them.

Every process that serves feeds hears of it by NOTIFY when the transaction commits, and reads what
is new by the transactions' own numbers (`feeds.changes`).
"""

from collections.abc import Sequence
from uuid import UUID

from palabre.database.connection import Connection, execute
from palabre.feeds.values import Fragment
from palabre.feeds.vevent import RENDERER

CHANNEL = "palabre_changes"
TOMBSTONE_DAYS = 60  # how long, at least, an event that is gone stays in the feeds as cancelled

_WRITE = """
INSERT INTO core_fragment AS f
    (event_id, ics, json, zones, first_year, last_year, last_modified, sequence, renderer)
SELECT event_id, ics, json, string_to_array(zones, ','), first_year, last_year, last_modified,
       sequence, $9
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[], $5::integer[], $6::integer[],
            $7::timestamptz[], $8::integer[])
     AS new (event_id, ics, json, zones, first_year, last_year, last_modified, sequence)
ORDER BY event_id  -- two writers with the same events take their locks in the same order
ON CONFLICT (event_id) DO UPDATE
SET in_feeds = true, ics = excluded.ics, json = excluded.json, zones = excluded.zones,
    first_year = excluded.first_year, last_year = excluded.last_year,
    last_modified = excluded.last_modified, sequence = excluded.sequence,
    renderer = excluded.renderer, xid = pg_current_xact_id()
WHERE (f.in_feeds, f.ics, f.json, f.renderer)
      IS DISTINCT FROM (true, excluded.ics, excluded.json, excluded.renderer)
RETURNING event_id
"""
_REMOVE = """
UPDATE core_fragment
SET in_feeds = false, ics = '', json = '', xid = pg_current_xact_id(),
    last_modified = greatest(date_trunc('second', now()), last_modified + interval '1 second')
WHERE in_feeds AND event_id = ANY($1) RETURNING event_id
"""
# No event has this id: the row is never in a feed, and is seen like the change of one.
NOBODY = UUID(int=0)
_ANNOUNCE = """
INSERT INTO core_fragment
    (event_id, in_feeds, ics, json, first_year, last_year, last_modified, sequence, renderer)
VALUES ($1, false, '', '', 0, 0, now(), 0, 0)
ON CONFLICT (event_id) DO UPDATE SET xid = pg_current_xact_id()
"""
_EXPIRED = """
SELECT f.event_id FROM core_fragment f JOIN core_event e ON e.id = f.event_id
WHERE f.in_feeds AND e.gone_at IS NOT NULL AND e.publication <> 'published'
  AND greatest(e.last_at, e.gone_at + $1 * interval '1 day') < now()
ORDER BY f.event_id FOR UPDATE OF f SKIP LOCKED
"""


async def write_fragments(
    connection: Connection, fragments: Sequence[tuple[UUID, Fragment]]
) -> list[UUID]:
    """Keep the rendered bytes of these events; returns those whose bytes changed.

    For events that are published, cancelled or gone, never for drafts. `connection` is that of
    the transaction which changes the events: either all of it happens, or nothing.
    """
    rows = await connection.fetch(_WRITE, *_columns(fragments), RENDERER)
    return await _announced(connection, [row["event_id"] for row in rows])


async def remove_fragments(connection: Connection, event_ids: Sequence[UUID]) -> list[UUID]:
    """Take these events out of all feeds at once, without a tombstone; returns those that were in.

    For what must not stay readable, and for tombstones that have had their time.
    """
    rows = await connection.fetch(_REMOVE, list(event_ids))
    return await _announced(connection, [row["event_id"] for row in rows])


async def announce(connection: Connection) -> None:
    """Have every process read again what it holds in memory, though no event changed.

    For what pages and addresses show besides events: an organisation's words, where it is found.
    """
    await connection.execute(_ANNOUNCE, NOBODY)
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)


async def refresh_lists(event_ids: Sequence[UUID]) -> None:
    """Let the feeds look again at which of their lists these events belong to.

    In the caller's transaction if there is one.
    """
    await execute("SELECT core_refresh_lists($1)", list(event_ids))


async def expire_tombstones(connection: Connection) -> list[UUID]:
    """Remove the tombstones whose event is over and which have been seen for 60 days."""
    rows = await connection.fetch(_EXPIRED, TOMBSTONE_DAYS)
    return await remove_fragments(connection, [row["event_id"] for row in rows])


async def outdated(connection: Connection) -> list[UUID]:
    """Return the events whose fragments were made by another version of the renderer."""
    rows = await connection.fetch(
        "SELECT event_id FROM core_fragment WHERE in_feeds AND renderer <> $1", RENDERER
    )
    return [row["event_id"] for row in rows]


async def _announced(connection: Connection, event_ids: list[UUID]) -> list[UUID]:
    if event_ids:
        await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
    return event_ids


def _columns(fragments: Sequence[tuple[UUID, Fragment]]) -> tuple[list[object], ...]:
    return (
        [event_id for event_id, _f in fragments],
        [f.ics for _id, f in fragments],
        [f.json for _id, f in fragments],
        [",".join(f.zones) for _id, f in fragments],
        [f.first_year for _id, f in fragments],
        [f.last_year for _id, f in fragments],
        [f.last_modified for _id, f in fragments],
        [f.sequence for _id, f in fragments],
    )
