"""Work that goes on beside the answers, for as long as the site runs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

PATIENCE = 1.0  # seconds until a task that swallowed its cancellation is cancelled again


@asynccontextmanager
async def in_background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` while the block lasts, then end it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel `task` and wait for its end.

    Libraries now and then swallow a cancellation that meets them half-way through a dialogue, so
    the end is asked for until it comes.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)
