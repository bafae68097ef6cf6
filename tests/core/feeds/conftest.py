"""Feeds over a real database: a store that listens, and events saved as editors save them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from palabre.database.connection import execute
from palabre.database.ids import new_id
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.values import Content, Publication, Timed
from palabre.feeds.http import FeedHttp
from palabre.feeds.store import FeedStore
from palabre.people.permissions import SYSTEM
from palabre.settings import Settings

PARIS = ZoneInfo("Europe/Paris")
EVENING = datetime(2027, 11, 16, 20, tzinfo=PARIS)
SETTINGS = Settings(base_url="https://agenda.example.org", site_name="Agenda d’essai")

Save = Callable[..., Awaitable[Saved]]


def content(title: str = "Veillée", **fields: object) -> Content:
    when = Timed(EVENING, EVENING + timedelta(hours=2), "Europe/Paris")
    return Content(**{"title": title, "when": when, **fields})  # type: ignore[arg-type]  # any field


@pytest.fixture
async def organisation(database: str) -> UUID:
    organisation_id = new_id()
    await execute(
        "INSERT INTO core_organisation (id, slug, name, created_at) VALUES ($1, 'mjc', 'MJC', $2)",
        organisation_id,
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    return organisation_id


@pytest.fixture
def save(organisation: UUID) -> Save:
    """Save and publish an event; `of` names another organisation."""

    async def save(
        what: Content | str = "Veillée",
        event_id: UUID | None = None,
        publication: Publication = Publication.PUBLISHED,
        of: UUID | None = None,
    ) -> Saved:
        said = content(what) if isinstance(what, str) else what
        change = Change(said, of or organisation, event_id=event_id, publication=publication)
        return await save_event(SYSTEM, change)

    return save


@pytest.fixture
async def store(database: str) -> AsyncIterator[FeedStore]:
    store = FeedStore(SETTINGS, database)
    await store.start()
    yield store
    await store.stop()


async def site_behind(scope: object, receive: object, send: object) -> None:
    """What stands for the rest of the site: says that it was reached."""
    start = {"type": "http.response.start", "status": 299, "headers": []}
    await send(start)  # type: ignore[operator]  # an ASGI callable
    await send({"type": "http.response.body", "body": b"site"})  # type: ignore[operator]  # the same


@pytest.fixture
async def client(store: FeedStore) -> AsyncIterator[httpx.AsyncClient]:
    app = FeedHttp(site_behind, store)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # httpx's own narrower types
    async with httpx.AsyncClient(
        transport=transport, base_url="https://agenda.example.org", headers={"accept-encoding": ""}
    ) as client:
        yield client


def summaries(response: httpx.Response) -> list[str]:
    lines = response.text.split("\r\n")
    return sorted(line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:"))


async def eventually(client: httpx.AsyncClient, path: str, text: str) -> float:
    """Wait, as a subscriber would, until `path` says `text`; returns the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while text not in (await client.get(path)).text:
        assert loop.time() - began < 8, f"{text} did not reach {path}"
        await asyncio.sleep(0.005)
    return loop.time() - began


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Read as from another server: a store of its own, with nothing in memory."""
    other = FeedStore(SETTINGS, url)
    await other.start()
    transport = httpx.ASGITransport(FeedHttp(site_behind, other))  # type: ignore[arg-type]  # httpx's own narrower types
    async with httpx.AsyncClient(transport=transport, base_url="https://agenda.example.org") as one:
        yield one
    await other.stop()
