"""Answers with too much, or breaks off in the middle."""

import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from palabre.api import PUBLIC, Manifest, Page, hookimpl

manifest = Manifest(
    name="endless_answer", title="Intarissable", version="1.0", api=1, url="/fleuve"
)


async def huge(_request: Request) -> PlainTextResponse:
    return PlainTextResponse(b"x" * 64 * 1024 * 1024)


async def river() -> AsyncIterator[bytes]:
    yield b"une ligne\n"
    raise ValueError("barrage")


async def dam() -> AsyncIterator[bytes]:
    yield b"une ligne\n"
    time.sleep(3600)  # noqa: ASYNC251  # the point


async def broken(_request: Request) -> Response:
    return StreamingResponse(river())


async def blocking(_request: Request) -> Response:
    return StreamingResponse(dam())


async def whole(_request: Request) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        yield b"une ligne\n"
        yield b"et une autre\n"

    return StreamingResponse(lines(), media_type="text/plain")


@hookimpl
def routes() -> list[Page]:
    return [
        Page("/", huge, "huge", PUBLIC),
        Page("/barrage", broken, "broken", PUBLIC),
        Page("/bloque", blocking, "blocking", PUBLIC),
        Page("/entier", whole, "whole", PUBLIC),
    ]
