"""Finished pages are kept until something changes, and never mixed up."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from palabre.agenda.cache import MAX_AGE, PageCache

LONG = "<p>forêt</p>" * 400


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Built:
    """A page that counts how often it was made."""

    def __init__(self, body: str = LONG, status: int = 200) -> None:
        self.body, self.status, self.times = body, status, 0

    async def __call__(self) -> Response:
        self.times += 1
        return HTMLResponse(f"{self.body}{self.times}", self.status)


async def test_a_page_is_made_once_for_all_readers() -> None:
    cache, built = PageCache(), Built()

    first = await cache.page(request(), 1, "/agenda", built)
    second = await cache.page(request(), 1, "/agenda", built)

    assert built.times == 1
    assert (first.body, first.headers["etag"]) == (second.body, second.headers["etag"])
    assert first.headers["vary"] == "Accept-Encoding, Cookie"


async def test_any_change_drops_all_pages() -> None:
    cache, built = PageCache(), Built()
    await cache.page(request(), 1, "/agenda", built)

    changed = await cache.page(request(), 2, "/agenda", built)

    assert changed.body == f"{LONG}2".encode()


async def test_a_page_is_made_anew_after_a_while() -> None:
    clock = Clock()
    cache, built = PageCache(clock=clock), Built()
    await cache.page(request(), 1, "/agenda", built)

    clock.now = MAX_AGE
    await cache.page(request(), 1, "/agenda", built)

    assert built.times == 2


async def test_addresses_and_languages_have_their_own_pages() -> None:
    cache = PageCache()

    french = await cache.page(request(), 1, ("/agenda", "", "fr"), Built("fr"))
    english = await cache.page(request(), 1, ("/agenda", "", "en"), Built("en"))

    assert (french.body, english.body) == (b"fr1", b"en1")


async def test_whoever_has_the_page_is_told_so() -> None:
    cache, built = PageCache(), Built()
    known = (await cache.page(request(), 1, "/", built)).headers["etag"]

    for given in (known, f"W/{known}", f'"x", {known}', "*"):
        answer = await cache.page(request(if_none_match=given), 1, "/", built)
        assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", known)
    assert (await cache.page(request(if_none_match='"x"'), 1, "/", built)).status_code == 200


async def test_only_whoever_asks_gets_it_compressed() -> None:
    cache, built = PageCache(), Built()

    plain = await cache.page(request(), 1, "/", built)
    zipped = await cache.page(request(accept_encoding="br, gzip;q=0.8"), 1, "/", built)
    refused = await cache.page(request(accept_encoding="gzip;q=0"), 1, "/", built)

    assert zipped.headers["content-encoding"] == "gzip"
    assert len(zipped.body) < len(plain.body) / 10
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in refused.headers


async def test_the_memory_is_bounded_and_the_least_used_goes_first() -> None:
    cache = PageCache(max_bytes=int(3.5 * len(LONG.encode()) * 7 / 6))
    pages = {name: Built() for name in "abcd"}

    for name in "abca":
        await cache.page(request(), 1, name, pages[name])
    await cache.page(request(), 1, "d", pages["d"])
    await cache.page(request(), 1, "a", pages["a"])
    await cache.page(request(), 1, "b", pages["b"])

    assert {name: built.times for name, built in pages.items()} == {"a": 1, "b": 2, "c": 1, "d": 1}


async def test_errors_and_redirects_pass_as_they_are() -> None:
    cache, built = PageCache(), Built(status=500)

    async def moved() -> Response:
        return RedirectResponse("/lieux/garde", 308)

    await cache.page(request(), 1, "/", built)
    answer = await cache.page(request(), 1, "/", built)
    redirect = await cache.page(request(), 1, "/lieux/double", moved)

    assert (answer.status_code, built.times) == (500, 2)
    assert redirect.headers["location"] == "/lieux/garde"


async def test_a_page_made_while_things_changed_is_not_kept() -> None:
    cache, late = PageCache(), Built("late")

    async def overtaken() -> Response:
        await cache.page(request(), 2, "/other", Built())
        return await late()

    await cache.page(request(), 1, "/", overtaken)
    await cache.page(request(), 2, "/", late)

    assert late.times == 2


async def test_what_pages_share_is_asked_once_per_change() -> None:
    cache = PageCache()
    asked = []

    async def load() -> int:
        asked.append(1)
        return len(asked)

    answers = [await cache.remember(state, "facets", load) for state in (1, 1, 2)]

    assert answers == [1, 1, 2]


async def test_many_askers_wait_for_one_answer() -> None:
    cache, asked = PageCache(), []

    async def load() -> int:
        asked.append(1)
        await asyncio.sleep(0)
        return len(asked)

    answers = await asyncio.gather(*[cache.remember(1, "facets", load) for _ in range(9)])

    assert answers == [1] * 9


async def test_a_failed_answer_is_asked_again() -> None:
    cache, faults = PageCache(), [OSError("away")]

    async def load() -> str:
        if faults:
            raise faults.pop()
        return "there"

    with pytest.raises(OSError, match="away"):
        await cache.remember(1, "facets", load)
    assert await cache.remember(1, "facets", load) == "there"
