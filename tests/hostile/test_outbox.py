"""Committed changes are told at least once, rolled back ones never."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import ModuleType
from uuid import uuid4

import asyncpg
import pytest

from palabre.events.values import Publication
from palabre.hookvalues import EventChange
from palabre.plugins import Plugins, outbox
from palabre.plugins.state import State
from tests.hostile.conftest import Load
from tests.hostile.test_following import soon, started

CHANGE = EventChange(uuid4(), "veillee", 3, "edited", Publication.PUBLISHED, uuid4())


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database_url, min_size=0, max_size=2) as pool:
        yield pool


@pytest.fixture
def plugins(load: Load) -> Plugins:
    return load("listens")


@pytest.fixture
def ear(plugins: Plugins) -> ModuleType:
    import listens  # type: ignore[import-not-found]  # on the path once `load` ran

    listens.told.clear()
    module: ModuleType = listens
    return module


async def write(pool: asyncpg.Pool, plugins: Plugins) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await plugins.after_commit(connection, [CHANGE])


async def owed(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM core_outbox"))


async def test_a_serving_process_tells_it(
    plugins: Plugins, ear: ModuleType, pool: asyncpg.Pool, database_url: str
) -> None:
    async with started(plugins, database_url):
        await write(pool, plugins)

        assert await soon(lambda: ear.told == [CHANGE]) < 1
    assert await owed(pool) == 0


async def test_a_rolled_back_change_is_never_told(
    plugins: Plugins, ear: ModuleType, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await plugins.after_commit(connection, [CHANGE])
        await transaction.rollback()

    await outbox.deliver_due(pool, plugins)

    assert ear.told == []


async def test_a_failure_is_tried_again(
    plugins: Plugins, ear: ModuleType, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FIRST_RETRY", 0.0)
    vars(ear)["failures_left"] = 2
    await write(pool, plugins)

    for _again in range(3):
        await outbox.deliver_due(pool, plugins)

    assert ear.told == [CHANGE]
    assert await owed(pool) == 0


async def test_what_a_dead_process_had_taken_is_due_again_after_its_lease(
    plugins: Plugins, ear: ModuleType, pool: asyncpg.Pool
) -> None:
    await write(pool, plugins)
    await pool.execute(
        "UPDATE core_outbox SET attempts = 1, due_at = now() + make_interval(secs => $1)",
        outbox.LEASE,
    )

    await outbox.deliver_due(pool, plugins)
    assert ear.told == []
    await pool.execute("UPDATE core_outbox SET due_at = due_at - interval '1 hour'")
    await outbox.deliver_due(pool, plugins)

    assert ear.told == [CHANGE]


async def test_a_paused_plugin_is_told_when_it_is_back(
    plugins: Plugins, ear: ModuleType, pool: asyncpg.Pool
) -> None:
    plugins.follow({"listens": State().with_pause("panne")})
    await write(pool, plugins)
    await outbox.deliver_due(pool, plugins)
    assert ear.told == []

    plugins.follow({})
    await outbox.deliver_due(pool, plugins)

    assert ear.told == [CHANGE]


async def test_nothing_is_written_for_a_disabled_plugin(
    plugins: Plugins, pool: asyncpg.Pool
) -> None:
    plugins.follow({"listens": State(enabled=False)})

    await write(pool, plugins)

    assert await owed(pool) == 0


async def test_what_nobody_took_within_a_week_is_given_up(
    plugins: Plugins, pool: asyncpg.Pool
) -> None:
    await write(pool, plugins)
    await pool.execute(
        "UPDATE core_outbox SET created_at = now() - $1::interval", timedelta(days=8)
    )

    await outbox.drop_old(pool)

    assert await owed(pool) == 0
