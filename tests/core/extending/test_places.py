"""Where a plugin shows itself in the core's pages, and in the demo."""

import re
from datetime import date

import pytest
from couchage.models import Stay

from palabre import demo
from palabre.events.models import Event
from palabre.plugins import Plugins
from palabre.plugins.running import Runner
from palabre.testing import LogIn, Make, Visitor

PIECE = re.compile(r'<p class="couchage">([^<]*)</p>')


async def test_it_completes_the_pages_of_the_core(make: Make, client: Visitor) -> None:
    organisation = await make.organisation("Refuges <nord>")
    event = await make.event("Bivouac", organisation=organisation)

    pieces = [
        PIECE.findall((await client.get(address)).text)
        for address in (
            "/",
            f"/evenements/{event.slug}",
            f"/organisations/{organisation.slug}",
            "/agenda",
        )
    ]

    assert pieces == [
        ["home : &lt;l’accueil&gt; (fr)"],
        ["event_page : &lt;bivouac&gt; (fr)"],
        ["organisation_page : &lt;Refuges &lt;nord&gt;&gt; (fr)"],
        [],
    ]
    assert "(en)" in PIECE.findall((await client.get("/en/")).text)[0]


async def test_editors_see_its_cards_where_they_work(login: LogIn) -> None:
    editor = await login("editor")

    page = (await editor.get("/mes-evenements")).text

    assert editor.user is not None
    assert PIECE.findall(page) == [f"desk : {editor.user.id} (fr)"] * 2
    assert "<h2>Lits demandés</h2>" in page
    assert re.findall(r'<a href="(/couchage[^"]*)">([^<]+)', page) == [
        ("/couchage/demandes", "Répondre")
    ]


async def test_its_failing_card_costs_the_card(
    login: LogIn, palabre_plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Runner, "run", fail)
    editor = await login("editor")

    page = await editor.get("/mes-evenements")

    assert page.status_code == 200
    assert "Lits demandés" not in page.text
    assert palabre_plugins.extensions[0].costs["dashboard_cards"].failures == 1


@pytest.mark.usefixtures("site")
async def test_it_adds_its_own_to_the_demo() -> None:
    await demo.load(date(2026, 11, 23))

    stays = {stay.event_id: stay.beds for stay in await Stay.all()}
    extended = [event for event in await Event.all() if event.extras]
    assert sorted(stays.values()) == [1, 2, 3]
    assert {event.id: event.extras["couchage"]["beds"] for event in extended} == stays
