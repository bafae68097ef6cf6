"""A document as a reader meets it: asked for, waited for, read, read again."""

import asyncio
import io
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from palabre.database.connection import execute, fetchval
from palabre.documents import work
from palabre.documents.values import Document
from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, load_all

ADDRESS = "/impression/programme.pdf"


@pytest.fixture
def palabre_plugins(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    loaded = load_all([EntryPoint("impression", "impression", GROUP)])
    assert loaded[0].fault == ""
    return Plugins(loaded)


async def waited_for(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """Ask, and follow the waiting page until it leads on."""
    answer = await client.get(address)
    assert answer.status_code == 303
    waiting = answer.headers["location"]
    for _try in range(600):
        page = await client.get(waiting)
        if page.status_code == 303:
            assert page.headers["location"] == address
            return await client.get(address)
        assert page.status_code == 200
        if "n’a pas pu" in page.text:
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(page.text)


async def test_the_first_reader_waits_and_the_next_ones_do_not(client: httpx.AsyncClient) -> None:
    first = await waited_for(client, f"{ADDRESS}?pages=3")
    second = await client.get(f"{ADDRESS}?pages=3")
    known = await client.get(f"{ADDRESS}?pages=3", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["content-type"] == "application/pdf"
    assert (
        first.headers["content-disposition"]
        == "inline; filename*=utf-8''programme%20%C3%A9t%C3%A9.pdf"
    )
    assert first.headers["cache-control"] == "public, max-age=300"
    assert len(PdfReader(io.BytesIO(first.content)).pages) in {3, 4}
    assert second.content == first.content
    assert known.status_code == 304
    assert await fetchval("SELECT count(*) FROM core_document") == 1


async def test_two_readers_at_once_wait_for_one_document(client: httpx.AsyncClient) -> None:
    first, second = await asyncio.gather(client.get(ADDRESS), client.get(ADDRESS))

    assert first.headers["location"] == second.headers["location"]


async def test_what_cannot_be_made_is_said_to_whoever_waits(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SECONDS", 0.01)

    page = await waited_for(client, ADDRESS)

    assert "trop gros" in page.text


async def test_what_is_too_large_is_refused_at_once(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MAX_SIZE", 10)

    answer = await client.get(ADDRESS)

    assert answer.status_code == 422
    assert await fetchval("SELECT count(*) FROM core_document") == 0


async def test_a_document_thrown_away_while_it_was_made_is_asked_for_again(
    client: httpx.AsyncClient,
) -> None:
    await waited_for(client, ADDRESS)
    await execute("DELETE FROM core_document")

    again = await waited_for(client, ADDRESS)

    assert again.content.startswith(b"%PDF")


def test_the_digest_follows_the_content() -> None:
    assert Document("a").digest == Document("a").digest != Document("b").digest
