"""The work of this site that is done beside the answers: the core's jobs, and the worker for all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from palabre.chores import upkeep
from palabre.documents.work import make_document
from palabre.jobs.declaring import Job
from palabre.jobs.registry import Registry
from palabre.jobs.worker import working as jobs_working
from palabre.settings import Settings

JOBS: tuple[Job[Any], ...] = (upkeep, make_document)


@asynccontextmanager
async def working(settings: Settings, registry: Registry) -> AsyncIterator[None]:
    """Work in the background while the block lasts, unless the settings leave that to others."""
    if not settings.worker:
        yield
        return
    await upkeep.options(unique="start").enqueue()
    async with jobs_working(settings, registry):
        yield
