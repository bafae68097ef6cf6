"""What a serving process does beside answering: small chores, once at start and then daily.

Every process does them; each is safe to do twice, and does nothing when there is nothing to do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from palabre.background import in_background
from palabre.events.domain.upkeep import bury_tombstones, extend_series, refresh_fragments
from palabre.mail.domain import forget_old as forget_letters
from palabre.people.factors.steps import forget_old as forget_steps
from palabre.people.ways_in import forget_old as forget_links
from palabre.web.limits import forget_old as forget_tries

EVERY = 24 * 3600  # seconds
CHORES = (
    refresh_fragments,
    extend_series,
    bury_tombstones,
    forget_tries,
    forget_letters,
    forget_links,
    forget_steps,
)

log = structlog.get_logger()


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """Do the chores in the background for as long as the block lasts."""
    async with in_background(_keep_doing()):
        yield


async def _keep_doing() -> None:
    while True:
        for chore in CHORES:
            try:
                count = await chore()
            except Exception:
                log.exception("chore failed", chore=chore.__name__)
            else:
                log.debug("chore done", chore=chore.__name__, count=count)
        await asyncio.sleep(EVERY)
