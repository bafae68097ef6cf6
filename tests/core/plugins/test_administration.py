"""Administrators see the plugins and decide; nobody else does."""

from html import unescape

import pytest

from palabre.audit.domain import entries
from palabre.hookspecs import PROMISES
from palabre.plugins import Plugins
from palabre.plugins.extension import Standing
from palabre.plugins.labels import WHERE
from palabre.testing import LogIn, Visitor


def standing(plugins: Plugins, name: str) -> Standing:
    return next(line.standing for line in plugins.report() if line.name == name)


async def test_it_shows_each_with_its_state_and_what_it_holds(login: LogIn) -> None:
    member = await login("administrator")

    text = unescape((await member.get("/administration")).text)

    assert "Micro-forêts" in text
    assert "44 espèces, chacune avec ses sources" in text
    assert text.count(">active</span>") == 3
    penpals = unescape((await member.get("/administration/extensions/penpals")).text)
    assert "Vérifie les événements avant leur enregistrement" in penpals


async def test_disabling_and_enabling_take_effect_at_once(
    login: LogIn, palabre_plugins: Plugins
) -> None:
    member = await login("administrator")

    answer = await member.submit("/administration/extensions/festival", {"do": "disable"})

    assert answer.headers["location"] == "/administration/extensions/festival"
    assert standing(palabre_plugins, "festival") is Standing.DISABLED
    assert (await member.get("/festival")).status_code == 404
    await member.submit("/administration/extensions/festival", {"do": "enable"})
    assert (await member.get("/festival")).status_code == 200
    journal = [(entry.action, entry.object) async for entry in entries() if entry.kind == "plugin"]
    assert journal == [("plugin.disable", "festival"), ("plugin.enable", "festival")]


@pytest.mark.parametrize("role", ["moderator", "owner", "editor", "contributor"])
async def test_nobody_else_may(login: LogIn, palabre_plugins: Plugins, role: str) -> None:
    member = await login(role)

    assert (await member.get("/administration")).status_code == 403
    answer = await member.submit("/administration/extensions/festival", {"do": "disable"})
    assert answer.status_code == 403
    assert standing(palabre_plugins, "festival") is Standing.ACTIVE


async def test_a_stranger_is_asked_to_sign_in(client: Visitor) -> None:
    assert (await client.get("/administration")).status_code == 303


async def test_a_post_without_the_token_is_refused(login: LogIn, palabre_plugins: Plugins) -> None:
    member = await login("administrator")

    answer = await member.post("/administration/extensions/festival", data={"do": "disable"})

    assert answer.status_code == 403
    assert standing(palabre_plugins, "festival") is Standing.ACTIVE


@pytest.mark.parametrize(
    ("name", "do", "status"), [("absente", "disable", 404), ("festival", "explode", 422)]
)
async def test_what_makes_no_sense_is_said(login: LogIn, name: str, do: str, status: int) -> None:
    member = await login("administrator")

    answer = await member.submit(f"/administration/extensions/{name}", {"do": do})

    assert answer.status_code == status


def test_every_hook_has_words() -> None:
    assert WHERE.keys() == PROMISES.keys()
