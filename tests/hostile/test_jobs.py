"""A plugin's jobs: their failures are the plugin's, and none is lost while it is out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from palabre.database.connection import execute, fetchval
from palabre.jobs import attempts, domain
from palabre.jobs.declaring import Job
from palabre.jobs.registry import Registry
from palabre.jobs.worker import working
from palabre.plugins import Plugins
from palabre.plugins.belongings import BELONGINGS
from palabre.plugins.extension import Standing
from palabre.plugins.state import State
from palabre.settings import Settings
from tests.core.jobs.conftest import ended, until
from tests.hostile.conftest import Load


@pytest.fixture
def found(load: Load, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.setattr(attempts, "FIRST_PAUSE", 0.01)
    return load("bad_jobs")


@asynccontextmanager
async def at_work(found: Plugins, settings: Settings) -> AsyncIterator[None]:
    async with working(settings, Registry((), found)):
        yield


def named(found: Plugins, name: str) -> Job[Any]:
    return next(job for job in found.extensions[0].loaded.jobs if job.name == name)


@pytest.mark.parametrize("name", ["throw", "hang", "leave"])
async def test_what_fails_again_and_again_pauses_the_plugin_and_waits(
    database: str, found: Plugins, settings: Settings, name: str
) -> None:
    job_id = await named(found, name).enqueue()
    async with at_work(found, settings):
        await until(lambda: found.extensions[0].standing is not Standing.ACTIVE)
        row = await ended(job_id, "waiting")

    assert row["attempts"] == 5
    assert row["error"]
    assert f"job {name}" in found.extensions[0].reason


async def test_one_that_blocks_the_site_pauses_at_once(
    database: str, found: Plugins, settings: Settings
) -> None:
    job_id = await named(found, "block").enqueue()
    async with at_work(found, settings):
        await until(lambda: found.extensions[0].standing is not Standing.ACTIVE)
        row = await ended(job_id, "waiting")

    assert "a bloqué le serveur" in row["error"]


async def test_what_it_returns_must_be_something(
    database: str, found: Plugins, settings: Settings
) -> None:
    async with at_work(found, settings):
        row = await ended(await named(found, "junk").enqueue())

    assert row["state"] == "failed"
    assert "JSON" in row["error"]


async def test_the_jobs_of_a_paused_or_disabled_plugin_wait_until_it_is_back(
    database: str, found: Plugins, settings: Settings
) -> None:
    async with at_work(found, settings):
        for out in (State(paused=True), State(enabled=False)):
            found.follow({"bad_jobs": out})
            job_id = await named(found, "well").enqueue()
            await asyncio.sleep(0.2)
            assert (await ended(job_id, "waiting"))["attempts"] == 0
            found.follow({"bad_jobs": State()})
            assert (await ended(job_id))["state"] == "done"


async def test_what_was_purged_while_it_ran_is_ended(
    database: str, found: Plugins, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.jobs.worker.RENEW", 0.1)
    monkeypatch.setattr(named(found, "hang"), "seconds", 60)
    async with at_work(found, settings):
        job_id = await named(found, "hang").enqueue()
        await ended(job_id, "running")
        assert [row["id"] for row in await domain.recent("bad_jobs")] == [job_id]
        for belonging in BELONGINGS:
            await execute(belonging.forget, "bad_jobs")
        await asyncio.sleep(0.8)
        tasks = [task for task in asyncio.all_tasks() if "bad_jobs" in task.get_name()]

    assert tasks == []
    assert await fetchval("SELECT count(*) FROM core_job") == 0


def test_two_of_one_name_refuse_the_plugin(load: Load) -> None:
    found = load("twin_jobs")

    assert found.extensions[0].standing is Standing.REFUSED
    assert "remind" in found.extensions[0].reason
