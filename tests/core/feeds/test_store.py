"""What subscribers get after an edit: all of it, at once, and nothing they did not ask for."""

import asyncio

import httpx

from palabre.events.values import Publication
from palabre.feeds.store import FeedStore

from .conftest import Save


async def _eventually(client: httpx.AsyncClient, path: str, text: str) -> float:
    """Wait, as a subscriber would, until `path` says `text`; returns the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while text not in (await client.get(path)).text:
        assert loop.time() - began < 5, f"{text} did not reach {path}"
        await asyncio.sleep(0.005)
    return loop.time() - began


async def test_a_published_event_reaches_the_feed_within_a_second(
    client: httpx.AsyncClient, save: Save
) -> None:
    await client.get("/agenda.ics")

    await save("Bal folk")

    assert await _eventually(client, "/agenda.ics", "SUMMARY:Bal folk") < 1


async def test_drafts_stay_out(client: httpx.AsyncClient, save: Save, store: FeedStore) -> None:
    await save("Bal folk")
    await save("Brouillon", publication=Publication.DRAFT)
    await save("Proposition", publication=Publication.SUBMITTED)
    await store.settle()

    feed = (await client.get("/agenda.ics")).text

    assert [line for line in feed.split("\r\n") if line.startswith("SUMMARY:")] == [
        "SUMMARY:Bal folk"
    ]
