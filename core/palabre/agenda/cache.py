"""Pages for readers without an account, kept ready to send until something changes.

A page is kept under its canonical address and language. All pages go at once when an event, a
plugin or the day changes, and each after a short while: what may change without a word (a venue's
address, say) is never old for long.
"""

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response

from palabre.database.spending import nobodys

MAX_BYTES = 24 * 1024 * 1024  # of bodies: some hundreds of pages, far below the memory target
MAX_AGE = 60.0  # seconds
KEPT_STATUS = frozenset({200, 404, 410})
GZIP_FROM = 1024  # bytes: below, compression saves nothing on the wire
GZIP_LEVEL = 5  # half the time of the usual 6 for one byte in a hundred
ANONYMOUS_CACHE = "public, max-age=0, must-revalidate"
PERSONAL_CACHE = "private, no-cache"
VARY = "Accept-Encoding, Cookie"

T = TypeVar("T")
Build = Callable[[], Awaitable[Response]]


@dataclass(slots=True)
class Kept:
    """A finished page: its bytes, compressed once somebody asks, and its name for If-None-Match."""

    body: bytes
    status: int
    headers: dict[str, str]
    etag: str
    expires: float
    zipped: bytes = b""

    @property
    def size(self) -> int:
        """How much memory the page takes, in bytes; compressed, ours come to about a sixth."""
        return len(self.body) * 7 // 6

    def compressed(self) -> bytes:
        """Return the body as gzip."""
        self.zipped = self.zipped or gzip.compress(self.body, GZIP_LEVEL, mtime=0)
        return self.zipped

    def answer(self, request: Request) -> Response:
        """Answer with the page, or with 304 where the reader has it already."""
        zipped = len(self.body) >= GZIP_FROM and _takes_gzip(request)
        etag = f'"{self.etag}-gzip"' if zipped else f'"{self.etag}"'
        headers = self.headers | {"etag": etag, "cache-control": ANONYMOUS_CACHE, "vary": VARY}
        if self.status == 200 and _matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["content-encoding"] = "gzip"
        return Response(self.compressed() if zipped else self.body, self.status, headers)


class PageCache:
    """A bounded memory of finished pages and of what many pages share."""

    def __init__(
        self, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.max_bytes = max_bytes
        self.clock = clock
        self._state: Hashable = None
        self._pages: OrderedDict[Hashable, Kept] = OrderedDict()
        self._shared: dict[Hashable, tuple[float, asyncio.Task[Any]]] = {}
        self._bytes = 0

    async def page(
        self, request: Request, state: Hashable, key: Hashable, build: Build
    ) -> Response:
        """Answer with the page kept under `key`, built now if there is none.

        `state` is whatever all pages depend on: when it differs from the last one, all are old.
        """
        self._enter(state)
        kept = self._pages.get(key)
        if kept is None or kept.expires <= self.clock():
            response = await build()
            if response.status_code not in KEPT_STATUS:
                return response
            kept = self._kept(response)
            if state == self._state:
                self._put(key, kept)
        else:
            self._pages.move_to_end(key)
        return kept.answer(request)

    async def remember(
        self, state: Hashable, key: Hashable, load: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Return what `load` gave for `key` under this state, asking at most once a while.

        Whoever comes while it is being asked waits for the same answer.
        """
        self._enter(state)
        found = self._shared.get(key)
        if found is None or found[0] <= self.clock():
            found = (self.clock() + MAX_AGE, asyncio.create_task(load(), context=nobodys()))
            self._shared[key] = found
        try:
            return cast("T", await asyncio.shield(found[1]))
        except Exception:
            if self._shared.get(key) is found:
                del self._shared[key]
            raise

    def _enter(self, state: Hashable) -> None:
        if state != self._state:
            self._state = state
            self._pages.clear()
            self._shared.clear()
            self._bytes = 0

    def _kept(self, response: Response) -> Kept:
        body = bytes(response.body)
        return Kept(
            body=body,
            status=response.status_code,
            headers={k: v for k, v in response.headers.items() if k != "content-length"},
            etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
            expires=self.clock() + MAX_AGE,
        )

    def _put(self, key: Hashable, kept: Kept) -> None:
        old = self._pages.pop(key, None)
        self._bytes += kept.size - (old.size if old else 0)
        self._pages[key] = kept
        while self._bytes > self.max_bytes and self._pages:
            _key, gone = self._pages.popitem(last=False)
            self._bytes -= gone.size


def _takes_gzip(request: Request) -> bool:
    """Whether the reader takes gzip (RFC 9110 section 12.5.3)."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 section 13.1.2 asks."""
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in given or given == ["*"]
