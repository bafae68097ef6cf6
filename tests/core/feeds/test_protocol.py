"""The short way of conditional requests, over a real socket, compared with the usual way."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.feeds.http import FeedHttp
from palabre.feeds.protocol import FeedProtocol
from palabre.feeds.store import FeedStore

from .conftest import Save, site_behind


@dataclass
class Asked:
    """What reached the application, and the server's address."""

    port: int
    paths: list[str]

    async def say(self, raw: bytes, *, wait: float = 0.3) -> bytes:
        """Send bytes as they are; returns all that came back before a short silence."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        answer = b""
        while True:
            try:
                part = await asyncio.wait_for(reader.read(1 << 16), wait)
            except TimeoutError:
                break
            if not part:
                break
            answer += part
        writer.close()
        return answer


@pytest.fixture(params=["alone"])
async def asked(
    store: FeedStore, save: Save, request: pytest.FixtureRequest
) -> AsyncIterator[Asked]:
    """A server; "behind a proxy" as `palabre serve` runs with PALABRE_TRUSTED_PROXIES."""
    await save("Bal folk")
    await store.settle()
    paths: list[str] = []

    class Counted(FeedHttp):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            paths.append(scope["path"])
            await super().__call__(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Counted(site_behind, store),
        http=FeedProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=request.param != "alone",
        forwarded_allow_ips="127.0.0.1",
        server_header=False,
        log_level="critical",
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    yield Asked(listener.getsockname()[1], paths)
    server.should_exit = True
    await task


async def _etag(asked: Asked) -> bytes:
    """Ask once, so that the address is known, and forget that the application was asked."""
    answer = await asked.say(b"GET /agenda.ics HTTP/1.1\r\nHost: x\r\n\r\n")
    asked.paths.clear()
    return answer.partition(b"\r\netag: ")[2].partition(b"\r\n")[0]


def _get(*headers: bytes, line: bytes = b"GET /agenda.ics HTTP/1.1", body: bytes = b"") -> bytes:
    return b"\r\n".join([line, b"Host: x", *headers, b"", body])


@pytest.mark.parametrize("asked", ["alone", "behind a proxy"], indirect=True)
async def test_a_reader_that_has_everything_is_answered_without_the_application(
    asked: Asked,
) -> None:
    etag = await _etag(asked)

    short = await asked.say(_get(b"If-None-Match: " + etag))
    quick = list(asked.paths)
    usual = await asked.say(_get(b"If-None-Match: W/" + etag))

    assert (quick, asked.paths) == ([], ["/agenda.ics"])
    assert short.startswith(b"HTTP/1.1 304 Not Modified\r\ndate: ")
    assert sorted(short.split(b"\r\n")) == sorted(usual.split(b"\r\n"))


@pytest.mark.parametrize(
    ("status", "request_line", "headers"),
    [
        (b"200", b"GET /agenda.ics HTTP/1.1", [b'If-None-Match: "old"']),
        (b"200", b"GET /agenda.ics HTTP/1.1", []),
        (b"200", b"GET /agenda.ics HTTP/1.1", [b"If-None-Match: {}", b"Accept-Encoding: gzip"]),
        (b"304", b"HEAD /agenda.ics HTTP/1.1", [b"If-None-Match: {}"]),
        (b"304", b"GET /agenda.ics HTTP/1.0", [b"If-None-Match: {}"]),
        (b"304", b"GET /agenda.ics HTTP/1.1", [b"If-None-Match: {}", b"Connection: close"]),
        (b"304", b"GET /agenda.ics?x=1 HTTP/1.1", [b"If-None-Match: {}"]),
        (b"405", b"PUT /agenda.ics HTTP/1.1", [b"If-None-Match: {}"]),
        (b"299", b"GET /agenda HTTP/1.1", [b"If-None-Match: {}"]),
    ],
)
async def test_everything_else_takes_the_usual_way(
    asked: Asked, status: bytes, request_line: bytes, headers: list[bytes]
) -> None:
    etag = await _etag(asked)

    answer = await asked.say(_get(*(h.replace(b"{}", etag) for h in headers), line=request_line))

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert len(asked.paths) == 1


async def test_requests_on_one_connection_are_answered_in_their_order(asked: Asked) -> None:
    known = _get(b"If-None-Match: " + await _etag(asked))
    fresh = _get(b'If-None-Match: "old"', line=b"GET /agenda HTTP/1.1")

    answer = await asked.say(known + known + fresh + known + fresh + known, wait=0.6)

    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"304", b"304", b"299", b"304", b"299", b"304"]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Length: 48", b"GET /secret HTTP/1.1\r\nHost: x\r\nX-Filling: 1234\r\n"),
        (b"Transfer-Encoding: chunked", b"5\r\nGET /\r\n0\r\n\r\n"),
    ],
)
async def test_a_body_is_read_as_a_body_and_never_as_a_request(
    asked: Asked, header: bytes, body: bytes
) -> None:
    known = await _etag(asked)
    smuggled = _get(b"If-None-Match: " + known, header, body=body)
    after = _get(b"If-None-Match: " + known)

    answer = await asked.say(smuggled + after)

    assert answer.count(b"HTTP/1.1 304") == answer.count(b"HTTP/1.1 ") == 2
    assert asked.paths == []


async def test_a_request_that_comes_in_drips_is_answered_once_it_is_whole(asked: Asked) -> None:
    raw = _get(b"If-None-Match: " + await _etag(asked))
    reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)

    for octet in raw[:-1]:
        writer.write(bytes([octet]))
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    writer.write(raw[-1:])

    assert (await reader.readline()) == b"HTTP/1.1 304 Not Modified\r\n"
    writer.close()


async def test_an_edit_is_seen_at_once(asked: Asked, save: Save, store: FeedStore) -> None:
    known = _get(b"If-None-Match: " + await _etag(asked))
    before = await asked.say(known)

    await save("Concert")
    await store.settle()
    after = await asked.say(known)

    assert before.startswith(b"HTTP/1.1 304")
    assert after.startswith(b"HTTP/1.1 200")
    assert b"SUMMARY:Concert" in after


def test_nothing_stands_between_the_server_and_the_feeds(app: ASGIApp) -> None:
    assert isinstance(app, FeedHttp)
