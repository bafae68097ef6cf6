"""Addresses: what may be reached, how far, how much. The server is this machine, allowed by argument."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

import pytest

from palabre.errors import Refused
from palabre.importing.addresses import Address, is_public, resolve
from palabre.importing.fetch import Way, fetch
from palabre.importing.ical.limits import Limits
from palabre.importing.origin import Freshness
from tests.core.importing.writing import EVENING, calendar, event

ONE = calendar(event(EVENING))
Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


def here(address: Address) -> bool:
    return address.is_loopback


HERE = Way(permitted=here, seconds=5, connect_seconds=0.5)


def answer(body: bytes = ONE, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@asynccontextmanager
async def server(pages: dict[str, bytes | Answer]) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve `pages` by path; gives the address and the list of requests received."""
    requests: list[str] = []
    at_work: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            requests.append(request)
            page = pages.get(request.split(" ")[1], answer(b"", status="404 Not Found"))
            if callable(page):
                await page(request, writer)
            else:
                writer.write(page)
                await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.ensure_future(handle(reader, writer)))

    listening = await asyncio.start_server(handled, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", requests
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def refusal(address: str, way: Way = HERE) -> str:
    with pytest.raises(Refused) as refused:
        await fetch(address, way=way)
    assert refused.value.field == "source"
    return refused.value.message


async def test_a_calendar_is_fetched_with_what_makes_it_cheap_next_time() -> None:
    pages: dict[str, bytes | Answer] = {
        "/a.ics?x=1": answer(ONE, 'ETag: "v1"', "Last-Modified: Sat, 14 Nov 2026 12:00:00 GMT")
    }
    async with server(pages) as (origin, requests):
        fetched = await fetch(f"{origin}/a.ics?x=1", way=HERE)

    assert fetched.data == ONE
    assert fetched.freshness == Freshness('"v1"', "Sat, 14 Nov 2026 12:00:00 GMT")
    assert "Cookie" not in requests[0]


async def test_nothing_new_is_a_304() -> None:
    known = Freshness('"v1"', "Sat, 14 Nov 2026 12:00:00 GMT")
    async with server({"/": answer(b"", status="304 Not Modified")}) as (origin, requests):
        fetched = await fetch(origin, known, HERE)

    assert (fetched.unchanged, fetched.freshness) == (True, known)
    assert 'If-None-Match: "v1"' in requests[0]
    assert "If-Modified-Since: Sat, 14 Nov 2026 12:00:00 GMT" in requests[0]


async def test_webcal_falls_back_to_http() -> None:
    async with server({"/": answer()}) as (origin, _requests):
        fetched = await fetch(origin.replace("http://", "webcal://"), way=HERE)

    assert fetched.data == ONE


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_compressed_answers_are_opened(encoding: str) -> None:
    packed = gzip.compress(ONE) if encoding == "gzip" else zlib.compress(ONE)
    async with server({"/": answer(packed, f"Content-Encoding: {encoding}")}) as (
        origin,
        _requests,
    ):
        assert (await fetch(origin, way=HERE)).data == ONE


async def test_redirects_are_followed_five_times_and_no_more() -> None:
    pages: dict[str, bytes | Answer] = {
        f"/{n}": answer(b"", f"Location: /{n + 1}", status="302 Found") for n in range(20)
    }
    pages["/5"] = answer()
    async with server(pages) as (origin, _requests):
        assert (await fetch(f"{origin}/0", way=HERE)).data == ONE
        assert "sans cesse" in await refusal(f"{origin}/6")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://a:b@127.0.0.1/"]
)
async def test_redirects_out_of_the_web_are_not_followed(location: str) -> None:
    page = answer(b"", f"Location: {location}", status="301 Moved")
    async with server({"/": page}) as (origin, _requests):
        assert "hors du web" in await refusal(origin)


async def test_a_redirect_to_a_private_network_is_refused() -> None:
    async with server({"/inside": answer()}) as (inside, inside_requests):
        page = answer(
            b"", f"Location: {inside}/inside".replace("127.0.0.1", "127.0.0.2"), status="307 X"
        )
        async with server({"/": page}) as (origin, _requests):
            only_one = Way(permitted=lambda address: str(address) == "127.0.0.1")
            assert "réseau privé" in await refusal(origin, only_one)

    assert inside_requests == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "webcal://127.0.0.1/",
        "https://127.0.0.1/",
    ],
)
async def test_no_address_of_a_private_network_is_ever_called(address: str) -> None:
    assert "réseau privé" in await refusal(address, Way())


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("64:ff9b::101:101", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::1", False),
        ("fec0::1", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
        ("240.0.0.1", False),
        ("192.0.2.1", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(text: str, public: bool) -> None:
    assert is_public(ip_address(text)) is public


async def test_odd_writings_resolve_to_what_they_mean() -> None:
    assert [str(address) for address in await resolve("2130706433", 80)] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://example.org/a.ics", "https://"),
        ("agenda.ics", "https://"),
        ("http://", "https://"),
        ("http://[::1", "mal écrite"),
        ("https://jeanne:secret@example.org/", "mot de passe"),
        ("http://127.0.0.1:25/", "port 25"),
    ],
)
async def test_addresses_that_are_none(address: str, words: str) -> None:
    assert words in await refusal(address)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Unauthorized", "pas publique"),
        ("403 Forbidden", "pas publique"),
        ("404 Not Found", "rien à cette adresse"),
        ("410 Gone", "rien à cette adresse"),
        ("429 Too Many", "Réessayez"),
        ("503 Unavailable", "Réessayez"),
        ("204 No Content", "pas de calendrier"),
        ("304 Not Modified", "pas de calendrier"),
    ],
)
async def test_errors_are_told_and_are_no_calendar(status: str, words: str) -> None:
    async with server({"/": answer(b"", status=status)}) as (origin, _requests):
        assert words in await refusal(origin)


async def test_a_closed_port_is_told() -> None:
    async with server({}) as (origin, _requests):
        pass

    assert "Aucun serveur" in await refusal(origin)


async def test_an_endless_answer_stops_at_the_limit() -> None:
    sent = 0

    async def endless(_request: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with server({"/": endless}) as (origin, _requests):
        assert "Mo" in await refusal(origin, Way(here, Limits(bytes=1_000_000), 5))

    assert sent < 20_000_000


async def test_a_compressed_bomb_stops_at_the_limit() -> None:
    bomb = answer(gzip.compress(b"x" * 50_000_000), "Content-Encoding: gzip")
    async with server({"/": bomb}) as (origin, _requests):
        assert "Mo" in await refusal(origin)


async def test_broken_and_strange_compression_is_told() -> None:
    pages: dict[str, bytes | Answer] = {
        "/broken": answer(b"not gzip", "Content-Encoding: gzip"),
        "/short": answer(gzip.compress(ONE)[:-10], "Content-Encoding: gzip"),
        "/br": answer(ONE, "Content-Encoding: br"),
    }
    async with server(pages) as (origin, _requests):
        assert "abîmée" in await refusal(f"{origin}/broken")
        assert "avant sa fin" in await refusal(f"{origin}/short")
        assert "compression" in await refusal(f"{origin}/br")


async def test_a_slow_server_is_left() -> None:
    async def slow(_request: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _second in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with server({"/": slow}) as (origin, _requests):
        assert "n’a pas répondu" in await refusal(origin, Way(here, seconds=0.5))


async def test_an_answer_that_breaks_off_is_told() -> None:
    async with server({"/": answer()[:-30], "/no": b"SSH-2.0\r\n\r\n"}) as (origin, _requests):
        assert "interrompue" in await refusal(origin)
        assert "interrompue" in await refusal(f"{origin}/no")
