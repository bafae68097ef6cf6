"""Series without an end: their coming dates are made as time goes on.

An endless series is expanded a few years ahead when it is saved; this moves the horizon on, so
that a weekly meeting never runs out of dates because nobody edits it.
"""

import asyncio

import structlog

from palabre.database.connection import transaction
from palabre.events.domain.derived import rebuild_occurrences
from palabre.events.models import Event

EVERY = 24 * 3600  # seconds
BATCH = 200

log = structlog.get_logger()


async def extend_series() -> int:
    """Expand every endless series again up to today's horizon; returns how many there were.

    Feeds aren't touched: they carry the rule, not its dates.
    """
    endless = (
        Event.exclude(rrule="").exclude(rrule__contains="UNTIL").exclude(rrule__contains="COUNT")
    )
    ids = await endless.order_by("id").values_list("id", flat=True)
    for start in range(0, len(ids), BATCH):
        async with transaction() as connection:
            await rebuild_occurrences(connection, ids[start : start + BATCH])
    return len(ids)


async def keep_extending() -> None:
    """Run `extend_series` at start and then once a day, for as long as the process lives.

    A failure is logged and tried again a day later: the horizon is years away.
    """
    while True:
        try:
            await extend_series()
        except Exception:
            log.exception("series could not be extended")
        await asyncio.sleep(EVERY)
