"""Workers of tests: real ones, on the test's own database, with a few jobs of their own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from palabre.database.connection import fetchrow
from palabre.jobs.declaring import CORE, Job
from palabre.jobs.registry import Registry
from palabre.jobs.worker import Worker, working
from palabre.plugins import Plugins
from palabre.settings import Settings

Work = Callable[..., AbstractAsyncContextManager[Worker]]


@pytest.fixture
def palabre_plugins() -> Plugins:
    return Plugins()


@pytest.fixture
def work(database: str, settings: Settings, palabre_plugins: Plugins) -> Work:
    """Return a function that lets a worker do the given jobs for a while."""

    @asynccontextmanager
    async def start(*jobs: Job[Any]) -> AsyncIterator[Worker]:
        known = [job.declared(CORE) if not job.owner else job for job in jobs]
        async with working(settings, Registry(known, palabre_plugins)) as worker:
            yield worker

    return start


async def until(true: Callable[[], bool], within: float = 20.0) -> None:
    """Wait until something outside this event loop is so."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def ended(job_id: UUID, *states: str, within: float = 10.0) -> dict[str, Any]:
    """Wait until the job is in one of `states` (by default: until it ended); returns its row."""
    wanted = states or ("done", "failed", "cancelled")
    async with asyncio.timeout(within):
        while True:
            row = await fetchrow("SELECT * FROM core_job WHERE id = $1", job_id)
            if row is not None and row["state"] in wanted:
                return dict(row)
            await asyncio.sleep(0.02)
