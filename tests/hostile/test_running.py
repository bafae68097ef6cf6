"""Whatever a plugin does when it is called, the others' results are kept and guards stay shut."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from palabre.errors import Refused
from palabre.hookvalues import EventDraft, EventView
from palabre.plugins import Plugins
from palabre.plugins.extension import FAILURES, Standing
from palabre.plugins.state import State
from tests.hostile.conftest import Load

SEEN = ["<p>Vu : Veillée</p>"]


def standing(plugins: Plugins, name: str) -> Standing:
    return next(line.standing for line in plugins.report() if line.name == name)


@pytest.mark.parametrize(
    "name",
    ["raises", "hangs_async", "hangs_sync", "junk", "blocks_loop", "ends_process", "endless_piece"],
)
async def test_the_neighbour_is_heard(load: Load, view: EventView, name: str) -> None:
    plugins = load("kind", name)

    assert await plugins.slot("event_page", view) == SEEN


@pytest.mark.parametrize("name", ["raises", "junk", "ends_process"])
async def test_it_is_paused_after_some_failures(load: Load, view: EventView, name: str) -> None:
    plugins = load("kind", name)

    for _again in range(FAILURES):
        await plugins.slot("event_page", view)

    assert standing(plugins, name) is Standing.PAUSED
    assert standing(plugins, "kind") is Standing.ACTIVE
    assert plugins.revision == 1


async def test_what_blocks_the_loop_is_interrupted_and_paused(load: Load, view: EventView) -> None:
    plugins = load("blocks_loop", "kind")
    started = time.monotonic()

    assert await plugins.slot("event_page", view) == SEEN

    assert time.monotonic() - started < 4
    assert standing(plugins, "blocks_loop") is Standing.PAUSED


async def test_the_loop_turns_while_a_plain_function_hangs(load: Load, view: EventView) -> None:
    plugins = load("hangs_sync")
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    turning = asyncio.create_task(turn())
    await plugins.slot("event_page", view)
    turning.cancel()

    assert turns >= 3


@pytest.mark.parametrize("name", ["raises", "hangs_async", "junk", "ends_process"])
async def test_a_failing_guard_refuses(load: Load, draft: EventDraft, name: str) -> None:
    plugins = load("kind", name)

    with pytest.raises(Refused) as refusal:
        await plugins.guard("validate_event", draft=draft)

    assert "ne fonctionne pas en ce moment" in refusal.value.message
    assert "rien n’est perdu" in refusal.value.message


async def test_a_paused_guard_refuses_until_somebody_disables_it(
    load: Load, draft: EventDraft
) -> None:
    plugins = load("raises")
    plugins.follow({"raises": State().with_pause("panne")})

    with pytest.raises(Refused):
        await plugins.guard("validate_event", draft=draft)
    plugins.follow({"raises": State(enabled=False)})

    await plugins.guard("validate_event", draft=draft)


async def test_a_guard_that_cannot_be_loaded_any_more_refuses(
    load: Load, draft: EventDraft
) -> None:
    plugins = load("fails_at_import")
    plugins.follow({"fails_at_import": State(guards=frozenset({"validate_event"}))})

    with pytest.raises(Refused):
        await plugins.guard("validate_event", draft=draft)


async def test_a_paused_plugin_is_not_called(load: Load, view: EventView) -> None:
    plugins = load("hangs_async", "kind")
    plugins.follow({"hangs_async": State().with_pause("panne")})
    started = time.monotonic()

    assert await plugins.slot("event_page", view) == SEEN

    assert time.monotonic() - started < 0.4


async def test_its_way_back_forgets_old_failures(load: Load, view: EventView) -> None:
    plugins = load("raises")
    for _again in range(FAILURES):
        await plugins.slot("event_page", view)

    plugins.follow({})
    await plugins.slot("event_page", view)

    assert standing(plugins, "raises") is Standing.ACTIVE


@pytest.fixture
async def browse(load: Load) -> AsyncIterator[tuple[Plugins, httpx.AsyncClient]]:
    plugins = load("junk", "kind", "raises")
    routes = [Route(page.path, page.endpoint) for page in plugins.pages]
    app = Starlette(routes=routes)
    app.state.site = SimpleNamespace(cookie="palabre")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield plugins, client


@pytest.mark.parametrize(
    ("path", "title"), [("/capricieuse", "Capricieuse"), ("/brocante", "Brocante")]
)
async def test_a_failing_page_says_whose_it_is(
    browse: tuple[Plugins, httpx.AsyncClient], path: str, title: str
) -> None:
    _plugins, client = browse

    answer = await client.get(path)

    assert answer.status_code == 500
    assert answer.text == f"L’extension « {title} » a échoué. Le reste du site fonctionne."
    assert (await client.get("/gentille")).text == "Bonjour"


async def test_the_pages_of_a_paused_plugin_say_so(
    browse: tuple[Plugins, httpx.AsyncClient],
) -> None:
    plugins, client = browse
    plugins.follow({"kind": State().with_pause("panne")})

    answer = await client.get("/gentille")

    assert answer.status_code == 503
    assert answer.text == "L’extension « Gentille » est en pause. Le reste du site fonctionne."
    assert plugins.navigation == ()
