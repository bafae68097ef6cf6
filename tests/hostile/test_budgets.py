"""What a call may spend: queries, memory, tasks, threads, lines of log; the rest is refused."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
import structlog
from starlette.types import ASGIApp, Message

from palabre.database.connection import fetchval, transaction
from palabre.errors import Refused
from palabre.hookspecs import PROMISES
from palabre.hookvalues import EventDraft, EventView
from palabre.plugins import Plugins, chatter, memory
from palabre.plugins.extension import FAILURES, VIEW_QUERIES, Extension, HookFailed, Standing
from palabre.plugins.offspring import MAX_THREADS, Divided
from palabre.testing import Make, Visitor
from tests.hostile.conftest import Load

MIB = 1024 * 1024


def extension(plugins: Plugins, name: str) -> Extension:
    return next(e for e in plugins.extensions if e.name == name)


async def test_a_call_may_ask_the_database_so_often(
    load: Load, database: str, view: EventView
) -> None:
    plugins = load("asks_too_much", "kind")

    pieces = await plugins.slot("event_page", view)

    assert pieces == ["<p>Vu : Veillée</p>"]
    cost = extension(plugins, "asks_too_much").costs["page_slot"]
    assert (cost.queries, cost.failures) == (PROMISES["page_slot"].queries, 1)


async def test_a_guard_that_asks_too_often_refuses(
    load: Load, database: str, draft: EventDraft
) -> None:
    plugins = load("asks_too_much")

    with pytest.raises(Refused, match="ne fonctionne pas en ce moment"):
        await plugins.guard("validate_event", draft=draft)


async def test_what_the_core_asks_is_nobodys_debt(load: Load, database: str) -> None:
    plugins = load("asks_too_much")

    assert [await fetchval("SELECT 1") for _again in range(300)] == [1] * 300
    assert extension(plugins, "asks_too_much").costs == {}


async def test_the_transaction_around_a_call_is_not_spoiled(
    load: Load, database: str, view: EventView
) -> None:
    plugins = load("spoils_transaction")

    async with transaction() as connection:
        await connection.execute("CREATE TABLE kept (id int)")
        await plugins.slot("event_page", view)
        await connection.execute("INSERT INTO kept VALUES (1)")

    assert await fetchval("SELECT count(*) FROM kept") == 1
    assert await fetchval("SELECT to_regclass('spoils_transaction_rubble')") is None
    assert extension(plugins, "spoils_transaction").costs["page_slot"].failures == 1


async def test_what_eats_memory_in_the_loop_is_stopped_and_named(
    load: Load, view: EventView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.plugins.watchdog.LOOP_LIMIT", 20.0)
    plugins = load("eats_memory", "kind")
    before = memory.resident()

    pieces = await plugins.slot("event_page", view)

    assert pieces == ["<p>Vu : Veillée</p>"]
    assert extension(plugins, "eats_memory").standing is Standing.PAUSED
    assert "Mio de mémoire" in extension(plugins, "eats_memory").reason
    assert memory.resident() - before < 1024 * MIB


async def test_what_eats_memory_in_a_thread_is_stopped_and_named(
    load: Load, draft: EventDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "STEP", 64 * MIB)
    plugins = load("eats_memory")

    with pytest.raises(Refused):
        await plugins.guard("validate_event", draft=draft)

    assert extension(plugins, "eats_memory").standing is Standing.PAUSED


async def test_what_keeps_memory_is_added_up(
    load: Load, view: EventView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palabre.plugins.watchdog.LOOP_LIMIT", 20.0)
    monkeypatch.setattr(memory, "KEPT", 400 * MIB)
    plugins = load("keeps_memory")

    for _again in range(4):
        await plugins.slot("event_page", view)
        await asyncio.sleep(0.6)  # the watch looks four times a second

    assert extension(plugins, "keeps_memory").standing is Standing.PAUSED
    assert "garde" in extension(plugins, "keeps_memory").reason


async def test_tasks_left_behind_end_with_the_call(
    load: Load, database: str, view: EventView
) -> None:
    plugins = load("leaks_tasks")
    before = len(asyncio.all_tasks())

    pieces = [await plugins.slot("event_page", view) for _again in range(FAILURES)]
    await asyncio.sleep(0.1)

    assert pieces == [["<p>Semé</p>"]] * FAILURES
    assert len(asyncio.all_tasks()) == before
    assert extension(plugins, "leaks_tasks").standing is Standing.PAUSED
    assert "derrière elle" in extension(plugins, "leaks_tasks").reason


async def test_a_child_task_that_blocks_the_loop_is_interrupted(load: Load) -> None:
    plugins = load("leaks_tasks")
    started = time.monotonic()

    [check] = (await plugins.health())["leaks_tasks"]

    assert not check.well
    assert time.monotonic() - started < 4
    assert extension(plugins, "leaks_tasks").standing is Standing.PAUSED


async def test_threads_left_behind_pause_the_plugin(load: Load, view: EventView) -> None:
    plugins = load("leaks_threads")

    for _again in range(MAX_THREADS + 2):
        await plugins.slot("event_page", view)

    assert extension(plugins, "leaks_threads").standing is Standing.PAUSED
    assert extension(plugins, "leaks_threads").costs["page_slot"].calls == MAX_THREADS + 1


async def test_a_plugin_cannot_fill_the_pool_of_the_core(load: Load) -> None:
    asyncio.get_running_loop().set_default_executor(Divided())
    plugins = load("leaks_threads")

    with pytest.raises(HookFailed):
        await extension(plugins, "leaks_threads").call("health", {})

    answer = await asyncio.wait_for(asyncio.to_thread(lambda: 42), 2)
    assert answer == 42
    assert len([t for t in threading.enumerate() if t.name == "plugin"]) <= MAX_THREADS


async def test_a_call_writes_so_many_lines_into_the_log(
    load: Load, view: EventView, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    before = structlog.get_config()
    caplog.handler.addFilter(chatter.is_bearable)

    def keep(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
        lines.append(event["event"])
        raise structlog.DropEvent

    structlog.configure(processors=[chatter.bounded, keep])
    try:
        await load("floods_log").slot("event_page", view)
    finally:
        structlog.configure(**before)
        caplog.handler.removeFilter(chatter.is_bearable)

    assert 0 < len(lines) + len(caplog.records) <= chatter.LINES + 1


@pytest.fixture
def palabre_plugins(load: Load) -> Plugins:
    return load("asks_slowly", "asks_too_much", "eats_memory", "endless_answer", "kind", "raises")


async def test_a_view_may_ask_the_database_so_often(
    client: Visitor, palabre_plugins: Plugins
) -> None:
    answer = await client.get("/curieuse")

    assert answer.status_code == 500
    assert "Curieuse" in answer.text
    assert extension(palabre_plugins, "asks_too_much").costs["page /"].queries == VIEW_QUERIES


async def test_one_allocation_beyond_all_bounds_is_an_error_page(
    client: Visitor, palabre_plugins: Plugins
) -> None:
    answer = await client.get("/gourmande")

    assert answer.status_code == 500
    assert extension(palabre_plugins, "eats_memory").standing is Standing.PAUSED
    assert (await client.get("/agenda")).status_code == 200


@pytest.fixture
async def readers(client: Visitor) -> AsyncIterator[list[asyncio.Task[object]]]:
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(client.get("/lente")) for _reader in range(12)
    ]
    await asyncio.sleep(0.5)
    yield tasks
    await asyncio.gather(*tasks)


async def test_a_slow_plugin_leaves_connections_to_the_core(
    client: Visitor, make: Make, readers: list[asyncio.Task[object]]
) -> None:
    started = time.monotonic()

    assert (await client.get("/agenda?q=rien")).status_code == 200

    assert time.monotonic() - started < 2
    assert not all(reader.done() for reader in readers)


async def broken_off(app: ASGIApp, path: str) -> list[str]:
    """Ask as a server does; return the kinds of messages that came before it was over."""
    kinds: list[str] = []

    async def receive() -> Message:
        await asyncio.sleep(60)  # the reader stays
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        kinds.append(message["type"] + ("+" if message.get("more_body") else ""))

    await app(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8000")],
        },
        receive,
        send,
    )
    return kinds


async def test_an_answer_too_large_for_memory_is_an_error_page(client: Visitor) -> None:
    answer = await client.get("/fleuve")

    assert answer.status_code == 500
    assert "Intarissable" in answer.text


@pytest.mark.parametrize("path", ["/barrage", "/bloque"])
async def test_an_answer_that_breaks_off_is_noted(
    app: ASGIApp, client: Visitor, palabre_plugins: Plugins, path: str
) -> None:
    kinds = await broken_off(app, f"/fleuve{path}")

    assert kinds == ["http.response.start", "http.response.body+"]  # no end: the reader sees it
    assert extension(palabre_plugins, "endless_answer").costs[f"page {path}"].failures == 1
    assert (await client.get("/gentille")).text == "Bonjour"


async def test_a_stream_that_behaves_arrives(client: Visitor) -> None:
    assert (await client.get("/fleuve/entier")).text == "une ligne\net une autre\n"


async def test_readers_cannot_pause_a_plugin_by_bad_addresses(
    client: Visitor, palabre_plugins: Plugins
) -> None:
    for _again in range(2 * FAILURES):
        await client.get("/capricieuse")

    raises = extension(palabre_plugins, "raises")
    assert raises.standing is Standing.ACTIVE
    assert raises.costs["page /"].failures == 2 * FAILURES
