"""The agenda for programs: paged, narrowed, and clear about mistakes."""

import httpx

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.events.values import (
    Content,
)

from .conftest import ORIGIN
from .making import SOON, organisation, publish_all


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
