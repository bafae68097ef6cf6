"""What one process learns about a plugin, all learn; a pause outlives the process."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from palabre.errors import Refused
from palabre.hookvalues import EventDraft, EventView
from palabre.plugins import Plugins, following, state
from palabre.plugins.extension import FAILURES, Standing
from tests.hostile.conftest import Load


def standing(plugins: Plugins, name: str) -> Standing:
    return next(line.standing for line in plugins.report() if line.name == name)


@asynccontextmanager
async def started(plugins: Plugins, url: str) -> AsyncIterator[Plugins]:
    await plugins.start(url)
    try:
        yield plugins
    finally:
        await plugins.stop()


async def soon(what: Callable[[], bool]) -> float:
    """Wait until `what` is true; return how many seconds it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < 5, "still not"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def listening(url: str, processes: int = 1) -> None:
    """Wait until `processes` followers listen: LISTEN is the last thing their connection did."""
    connection = await asyncpg.connect(url)
    while processes > await connection.fetchval(  # noqa: ASYNC110  another session's state
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query ILIKE 'listen%outbox%' AND state = 'idle'"
    ):
        await asyncio.sleep(0.01)
    await connection.close()


async def decide(url: str, name: str, *, enabled: bool) -> None:
    connection = await asyncpg.connect(url)
    await state.set_enabled(connection, name, enabled=enabled)
    await connection.close()


async def test_a_pause_reaches_the_other_processes_and_survives_them(
    load: Load, database_url: str, view: EventView
) -> None:
    async with (
        started(load("raises"), database_url) as one,
        started(load("raises"), database_url) as other,
    ):
        await listening(database_url, 2)
        for _again in range(FAILURES):
            await one.slot("event_page", view)

        assert await soon(lambda: standing(other, "raises") is Standing.PAUSED) < 1
    async with started(load("raises"), database_url) as later:
        [line] = later.report()

    assert line.standing is Standing.PAUSED
    assert line.reason == "page_slot : ZeroDivisionError: slot"


async def test_an_administrator_brings_it_back(
    load: Load, database_url: str, view: EventView
) -> None:
    async with started(load("raises"), database_url) as plugins:
        for _again in range(FAILURES):
            await plugins.slot("event_page", view)
        await listening(database_url)

        await decide(database_url, "raises", enabled=True)

        assert await soon(lambda: standing(plugins, "raises") is Standing.ACTIVE) < 1


async def test_disabling_takes_effect_everywhere(load: Load, database_url: str) -> None:
    async with started(load("kind"), database_url) as plugins:
        await listening(database_url)

        await decide(database_url, "kind", enabled=False)

        await soon(lambda: standing(plugins, "kind") is Standing.DISABLED)
        assert plugins.navigation == ()
        assert plugins.revision == 1


async def test_a_pause_is_written_even_when_the_process_ends_at_once(
    load: Load, database_url: str, view: EventView
) -> None:
    async with started(load("raises"), database_url) as plugins:
        for _again in range(FAILURES):
            await plugins.slot("event_page", view)

    async with started(load("raises"), database_url) as later:
        assert standing(later, "raises") is Standing.PAUSED


async def test_a_lost_notification_costs_only_time(
    load: Load, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_AGAIN", 0.1)
    async with started(load("kind"), database_url) as plugins:
        connection = await asyncpg.connect(database_url)
        await connection.execute("INSERT INTO core_plugin (name, enabled) VALUES ('kind', false)")
        await connection.close()

        await soon(lambda: standing(plugins, "kind") is Standing.DISABLED)


async def test_a_lost_connection_is_made_again(
    load: Load, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "TRY_AGAIN", 0.1)
    async with started(load("kind"), database_url) as plugins:
        await listening(database_url)
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()

        await decide(database_url, "kind", enabled=False)

        await soon(lambda: standing(plugins, "kind") is Standing.DISABLED)


async def test_guards_are_remembered_for_the_day_it_cannot_be_loaded(
    load: Load, database_url: str, draft: EventDraft
) -> None:
    async with started(load("raises"), database_url):
        pass
    broken = load("raises")
    broken.refuse("raises", "n’a pas pu être importée")
    for extension in broken.extensions:
        extension.loaded.hooks.clear()

    async with started(broken, database_url):
        with pytest.raises(Refused):
            await broken.guard("validate_event", draft=draft)


async def test_a_migration_that_touches_others_pauses_its_plugin(
    load: Load, database_url: str
) -> None:
    plugins = load("foreign_migration", "kind")

    await plugins.migrate(database_url)

    assert standing(plugins, "foreign_migration") is Standing.REFUSED
    assert "core_user" in plugins.report()[0].reason
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT to_regclass('foreign_migration_rubble')") is None
    assert (await state.read(connection))["foreign_migration"].paused
    await connection.close()


async def test_a_migration_that_fails_half_way_leaves_what_was_there(
    load: Load, database_url: str
) -> None:
    plugins = load("fails_half_way", "kind")

    await plugins.migrate(database_url)

    assert standing(plugins, "fails_half_way") is Standing.REFUSED
    assert "0002_next" in plugins.report()[0].reason
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT array_agg(id) FROM fails_half_way_step") == [1]
    assert await connection.fetchval("SELECT to_regclass('fails_half_way_next')") is None
    assert (await state.read(connection))["fails_half_way"].paused
    await connection.close()
