"""The recovery page opens when nothing else does, to whoever has the server, once, for a while."""

import asyncio
import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.database.connection import execute, fetch
from palabre.plugins import Plugins
from palabre.plugins.extension import Standing
from palabre.recovery import domain
from palabre.recovery.http import Recovery
from palabre.settings import Settings
from palabre.testing import Visitor


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """Be a site whose every page fails: templates, sign-in, administration."""
    raise RuntimeError("tout est cassé")


def browser(app: ASGIApp, settings: Settings) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.origin)


async def opened(visitor: httpx.AsyncClient, settings: Settings) -> str:
    """Open the page by a new link; return its text."""
    link = (await domain.make_link(settings)).removeprefix(settings.origin)
    assert "Ouvrir la page de secours" in (await visitor.get(link)).text
    answer = await visitor.post(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/secours")
    return unescape((await visitor.get("/secours")).text)


async def press(visitor: httpx.AsyncClient, do: str, name: str = "") -> httpx.Response:
    page = (await visitor.get("/secours")).text
    proof = re.search(r'name="proof" value="([0-9a-f]+)"', page)
    assert proof is not None
    return await visitor.post("/secours", data={"do": do, "name": name, "proof": proof[1]})


def standing(plugins: Plugins, name: str) -> Standing:
    return next(line.standing for line in plugins.report() if line.name == name)


async def test_it_opens_when_every_other_page_fails(database: str, settings: Settings) -> None:
    async with browser(Recovery(broken, settings), settings) as visitor:
        text = await opened(visitor, settings)

    assert re.findall(r"<strong>(\w+)</strong> \((.+?)\)", text) == [
        ("festival", "active"),
        ("microforest", "active"),
        ("penpals", "active"),
    ]


async def test_plugins_are_paused_and_brought_back(
    client: Visitor, settings: Settings, palabre_plugins: Plugins
) -> None:
    await opened(client, settings)

    await press(client, "pause", "festival")
    assert standing(palabre_plugins, "festival") is Standing.PAUSED
    assert "Mise en pause depuis la page de secours." in (await client.get("/secours")).text

    await press(client, "enable", "festival")
    assert standing(palabre_plugins, "festival") is Standing.ACTIVE

    await press(client, "disable", "festival")
    assert standing(palabre_plugins, "festival") is Standing.DISABLED


async def test_the_safe_mode_pauses_all_and_ends(
    client: Visitor, settings: Settings, palabre_plugins: Plugins
) -> None:
    await opened(client, settings)
    await press(client, "disable", "penpals")

    await press(client, "safe")

    assert palabre_plugins.safe
    assert standing(palabre_plugins, "festival") is Standing.PAUSED
    assert standing(palabre_plugins, "penpals") is Standing.DISABLED
    assert (await client.get("/agenda")).status_code == 200
    assert "/static/theme/" not in (await client.get("/agenda")).text

    await press(client, "unsafe")

    assert standing(palabre_plugins, "festival") is Standing.ACTIVE
    assert "/static/theme/" in (await client.get("/agenda")).text


async def test_a_link_opens_once(client: Visitor, settings: Settings) -> None:
    link = (await domain.make_link(settings)).removeprefix(settings.origin)
    async with httpx.AsyncClient(transport=client._transport, base_url=settings.origin) as second:
        answers = await asyncio.gather(client.post(link), second.post(link))

    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert (await client.get(link)).status_code == 404


async def test_looking_at_a_link_does_not_use_it(client: Visitor, settings: Settings) -> None:
    link = (await domain.make_link(settings)).removeprefix(settings.origin)

    for _again in range(3):
        assert (await client.get(link)).status_code == 200
    assert (await client.get("/secours")).status_code == 403
    assert (await client.post(link)).status_code == 303


async def test_links_and_visits_are_soon_over(client: Visitor, settings: Settings) -> None:
    await opened(client, settings)
    link = (await domain.make_link(settings)).removeprefix(settings.origin)

    await execute(
        "UPDATE core_recovery SET expires_at = now() - $1::interval", timedelta(seconds=1)
    )

    assert (await client.get("/secours")).status_code == 403
    assert (await client.get(link)).status_code == 404
    assert (await client.post(link)).status_code == 404


async def test_closing_it_ends_the_visit(client: Visitor, settings: Settings) -> None:
    await opened(client, settings)

    await press(client, "close")

    assert (await client.get("/secours")).status_code == 403
    assert await fetch("SELECT * FROM core_recovery") == []


async def test_other_sites_and_forged_forms_change_nothing(
    client: Visitor, settings: Settings, palabre_plugins: Plugins
) -> None:
    await opened(client, settings)

    foreign = await client.post(
        "/secours", data={"do": "safe"}, headers={"sec-fetch-site": "cross-site"}
    )
    forged = await client.post("/secours", data={"do": "safe", "proof": "0" * 64})

    assert (foreign.status_code, forged.status_code) == (403, 403)
    assert not palabre_plugins.safe


async def test_guessing_is_slowed_down(client: Visitor) -> None:
    answers = [(await client.get(f"/secours/{'x' * 43}")).status_code for _again in range(25)]

    assert answers[:20] == [404] * 20
    assert answers[-1] == 429


async def test_each_use_is_in_the_journal(client: Visitor, settings: Settings) -> None:
    await opened(client, settings)
    await press(client, "pause", "festival")
    await press(client, "safe")

    rows = await fetch("SELECT actor, action FROM core_audit ORDER BY id")

    assert [tuple(row) for row in rows] == [
        ("system", "recovery.link"),
        ("system", "recovery.opened"),
        ("system", "plugin.pause"),
        ("system", "plugins.safe_mode"),
    ]


async def test_tokens_are_not_kept(client: Visitor, settings: Settings) -> None:
    link = await domain.make_link(settings)
    [row] = await fetch("SELECT core_recovery::text AS said FROM core_recovery")

    assert link.rsplit("/", 1)[1] not in row["said"]


@pytest.mark.parametrize("path", ["/secours", f"/secours/{'x' * 43}"])
async def test_it_is_kept_by_nobody_and_runs_nothing(client: Visitor, path: str) -> None:
    answer = await client.get(path)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "script" not in answer.headers["content-security-policy"]
