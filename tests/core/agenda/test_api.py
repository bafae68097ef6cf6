"""The agenda for programs: paged, narrowed, and clear about mistakes."""

import re

import httpx

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.events.values import Content, Price
from palabre.web.site import Site

from .conftest import ORIGIN
from .making import SOON, at, organisation, place, publish, publish_all
from .reading import Reader


async def test_the_api_pages_through_every_event_once(client: httpx.AsyncClient) -> None:
    by = await organisation()
    names = [f"Événement {n}" for n in range(25)]
    await publish_all([Content(name, SOON) for name in names], by)
    found: list[str] = []
    address = "/api/v1/events?limit=10&organisation=les-amis-de-la-foret"

    while address:
        body = (await client.get(address)).json()
        found += [event["title"] for event in body["events"]]
        assert body["next"] is None or body["next"].startswith(ORIGIN)
        address = body["next"]

    assert sorted(found) == sorted(names)


async def test_the_api_says_what_a_limit_is(client: httpx.AsyncClient) -> None:
    for limit in ["0", "501", "-1", "x", "²", "9" * 40]:
        answer = await client.get("/api/v1/events", params={"limit": limit})

        assert (answer.status_code, answer.json()["status"]) == (422, 422)


async def test_the_api_says_what_it_offers(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/")).json()

    assert body["events"] == f"{ORIGIN}/api/v1/events"
    assert set(body["parameters"]) == {"limit", "cursor"} | {f.name for f in CORE_FILTERS}


async def test_pages_feeds_and_api_choose_the_same_events(
    client: httpx.AsyncClient, site: Site
) -> None:
    hall = await place("Salle", "Crolles")
    await publish("Repas partagé", SOON, venue_id=hall, price=Price.FREE, categories=("Repas",))
    await publish("Film et débat", SOON, venue_id=hall, price=Price.OPEN)
    await publish("Concert", at(2031, 1, 4), price=Price.FREE, online_url="https://example.org/")
    await site.feeds.settle()

    for query, expected in (
        ("", {"Repas partagé", "Film et débat", "Concert"}),
        ("prix=gratuit", {"Repas partagé", "Concert"}),
        ("commune=crolles&q=films", {"Film et débat"}),
        ("du=2031-01-04&au=2031-01-04", {"Concert"}),
        ("en_ligne=oui&categorie=repas", set()),
    ):
        page = Reader((await client.get(f"/agenda?{query}")).text)
        events = (await client.get(f"/api/v1/events?{query}")).json()["events"]
        feed = (await client.get(f"/agenda.ics?{query}")).text.replace("\r\n ", "")

        assert set(page.titles) == expected
        assert {event["title"] for event in events} == expected
        assert set(re.findall(r"^SUMMARY:(.*)\r$", feed, re.MULTILINE)) == expected
