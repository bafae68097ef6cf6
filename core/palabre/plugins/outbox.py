"""Tells plugins of committed changes: written in the transaction, delivered after it.

`write` adds a row per plugin and change to core_outbox inside the saving transaction, so that a
change that is rolled back is never told. A serving process takes what is due, lends it to itself
for LEASE seconds and deletes it when the plugin has taken it. A process that dies in between leaves
the row, which is due again after the lease: at least once, never less.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import structlog
from pydantic import TypeAdapter

from palabre.hookvalues import EventChange
from palabre.plugins.state import Executes

if TYPE_CHECKING:
    from palabre.plugins.manager import Plugins

CHANNEL = "palabre_outbox"
BATCH = 20
LEASE = 300.0  # seconds: longer than BATCH deliveries within their budget
FIRST_RETRY, LAST_RETRY = 10.0, 3600.0  # seconds; doubled from one to the other
KEPT = timedelta(days=7)

log = structlog.get_logger("palabre.plugins")
_codec = TypeAdapter(EventChange)


async def write(
    connection: Executes, plugins: Sequence[str], changes: Sequence[EventChange]
) -> None:
    """Owe each of `plugins` each of `changes`; inside the caller's transaction."""
    written = [_codec.dump_json(change).decode() for change in changes]
    await connection.execute(
        "WITH owed AS (INSERT INTO core_outbox (plugin, change) SELECT plugin, change::jsonb"
        " FROM unnest($1::text[]) AS plugin, unnest($2::text[]) AS change RETURNING 1)"
        " SELECT pg_notify($3, '') FROM owed LIMIT 1",
        list(plugins),
        written,
        CHANNEL,
    )


async def deliver_due(pool: asyncpg.Pool, plugins: "Plugins") -> bool:
    """Deliver a batch of what is due; returns whether there may be more."""
    rows = await pool.fetch(
        "UPDATE core_outbox SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)"
        " WHERE id IN (SELECT id FROM core_outbox WHERE plugin = ANY($2) AND due_at <= now()"
        " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id, plugin, change, attempts",
        LEASE,
        plugins.listeners,
        BATCH,
    )
    for row in sorted(rows, key=lambda row: row["id"]):
        await _deliver(pool, plugins, row)
    return len(rows) == BATCH


async def _deliver(pool: asyncpg.Pool, plugins: "Plugins", row: asyncpg.Record) -> None:
    try:
        taken = await plugins.deliver(row["plugin"], _codec.validate_json(row["change"]))
        reason = "" if taken else "paused or disabled meanwhile"
    except Exception as error:  # noqa: BLE001  # counted by the plugin's breaker; tried again here
        taken, reason = False, f"{type(error).__name__}: {error}"
    if taken:
        await pool.execute("DELETE FROM core_outbox WHERE id = $1", row["id"])
        return
    await pool.execute(
        "UPDATE core_outbox SET due_at = now() + make_interval(secs => $2), last_error = $3"
        " WHERE id = $1",
        row["id"],
        min(FIRST_RETRY * 2 ** (row["attempts"] - 1), LAST_RETRY),
        reason,
    )


async def drop_old(pool: asyncpg.Pool) -> None:
    """Give up what nobody took within a week; the log says what it was."""
    rows = await pool.fetch(
        "DELETE FROM core_outbox WHERE created_at < now() - $1::interval"
        " RETURNING plugin, change, last_error",
        KEPT,
    )
    for row in rows:
        log.error(
            "plugin_never_told", plugin=row["plugin"], change=row["change"], why=row["last_error"]
        )
