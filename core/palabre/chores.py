"""What a serving process does beside answering: small chores, once at start and then daily.

Every process does them; each is safe to do twice, and does nothing when there is nothing to do.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog

from palabre.background import in_background
from palabre.events.domain.upkeep import bury_tombstones, extend_series, refresh_fragments
from palabre.privacy.retention import forget_old
from palabre.settings import Settings

EVERY = 24 * 3600  # seconds
Chore = Callable[[], Awaitable[int]]

log = structlog.get_logger()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Do the chores in the background for as long as the block lasts."""
    async with in_background(_keep_doing(settings)):
        yield


async def _keep_doing(settings: Settings) -> None:
    while True:
        for name, chore in _chores(settings).items():
            try:
                count = await chore()
            except Exception:
                log.exception("chore failed", chore=name)
            else:
                log.debug("chore done", chore=name, count=count)
        await asyncio.sleep(EVERY)


def _chores(settings: Settings) -> Mapping[str, Chore]:
    return {
        "refresh_fragments": refresh_fragments,
        "extend_series": extend_series,
        "bury_tombstones": bury_tombstones,
        "forget_old": partial(forget_old, settings),
    }
