"""What time does to events without anybody editing them."""

from palabre.database.connection import fetch, transaction
from palabre.events.domain.derived import BATCH, rebuild, rebuild_occurrences
from palabre.feeds.domain import expire_tombstones, outdated


async def extend_series() -> int:
    """Move the horizon of endless series on; returns how many there are.

    They are expanded a few years ahead when saved: without this, a weekly meeting would run out
    of dates because nobody edits it. Feeds aren't touched: they carry the rule, not its dates.
    """
    rows = await fetch("SELECT id FROM core_event WHERE rrule <> '' AND rrule !~ 'UNTIL|COUNT'")
    ids = [row["id"] for row in rows]
    for start in range(0, len(ids), BATCH):
        async with transaction() as connection:
            await rebuild_occurrences(connection, ids[start : start + BATCH])
    return len(ids)


async def bury_tombstones() -> int:
    """Take the tombstones that have had their time out of the feeds; returns how many."""
    async with transaction() as connection:
        return len(await expire_tombstones(connection))


async def refresh_fragments() -> int:
    """Render again what an older version of Palabre rendered; returns how many events."""
    async with transaction() as connection:
        ids = await outdated(connection)
    for start in range(0, len(ids), BATCH):
        async with transaction() as connection:
            await rebuild(connection, ids[start : start + BATCH])
    return len(ids)
