"""A feed in memory: its events, its finished bytes, and the answers that HTTP gives with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import chain
from typing import Any

from palabre.feeds.body import Body, Stock
from palabre.feeds.calendar import Heading, body
from palabre.feeds.reading import Subject, Wish

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]
Address = tuple[str, bytes]  # path and query string, as they were asked for

_FRESH = b"public, max-age=900"
# What a 304 repeats of the whole answer (RFC 9110 section 15.4.5).
_IN_304 = frozenset({b"etag", b"cache-control", b"vary", b"access-control-allow-origin"})
# Plain bytes up to this size are kept once somebody wanted them; larger ones are inflated anew.
_KEPT_PLAIN = 160 * 1024 * 1024
_PIECE = 256 * 1024  # bytes given to the server at once: it waits for the reader in between


@dataclass(frozen=True, slots=True)
class Answer:
    """One encoding of a feed: its ETag, and the beginnings of both answers as ASGI messages.

    `lines` are the header lines of the 304 as they go over the wire, its end included.
    """

    etag: bytes
    full: Message
    unchanged: Message
    lines: bytes


@dataclass(slots=True)
class Feed:
    """A feed as it was after the step `step` of the changes, on the day `day`.

    `modified` never goes back, not even when the newest event leaves the feed. `rolls` says that
    the day matters, `plugins` is their revision where one narrows the list. `asked` is set by every reader, and `addresses` are those that led here.
    """

    wish: Wish
    subject: Subject
    step: int
    day: date
    stock: Stock
    modified: datetime
    body: Body
    plain: Answer
    gzip: Answer
    rolls: bool
    plugins: int | None = None
    asked: bool = True
    addresses: set[Address] = field(default_factory=set)
    _kept: bytes | None = field(default=None)

    @property
    def ready(self) -> bool:
        """Whether the plain bytes can be sent without inflating them first."""
        return self._kept is not None or self.body.size > _KEPT_PLAIN

    def inflate(self) -> None:
        """Keep the plain bytes; takes some hundredths of a second at 10,000 events."""
        self._kept = b"".join(self.body.plain())

    def chunks(self, *, gzip: bool) -> Iterable[memoryview]:
        """Return the body in pieces of a size that a server can send while it waits for readers."""
        if gzip:
            return _pieces(self.body.gzip)
        if self._kept is not None:
            return _pieces(self._kept)
        return chain.from_iterable(_pieces(part) for part in self.body.plain())


def finish(wish: Wish, heading: Heading, stock: Stock) -> Body:
    """Return the finished bytes, everything costly already done; runs in a thread."""
    finished = body(wish.format, heading, stock)
    _ = finished.gzip, finished.digest
    return finished


def feed_of(
    wish: Wish,
    subject: Subject,
    finished: Body,
    at: tuple[int, date, int],
    known: Feed | None = None,
    left: datetime | None = None,
) -> Feed:
    """Return a feed with its answers.

    `known` is the same feed as it was last: Last-Modified never goes back behind it, and two
    changes within one second are told apart (RFC 9110, section 8.8.2.2: a date of whole seconds
    alone could not). `left` is the newest change of the events that left the feed.
    """
    stock = finished.stock
    newest = stock.last_modified or subject.since
    newest = max(newest, left or newest)
    if known is not None:
        step = timedelta(seconds=known.body.digest != finished.digest)
        newest = max(newest, known.modified + step)
    common = _common(wish, newest)
    name = finished.digest.encode()
    return Feed(
        wish=wish,
        subject=subject,
        step=at[0],
        day=at[1],
        stock=stock,
        modified=newest,
        body=finished,
        plain=_answer(b'"%s"' % name, common, finished.size),
        gzip=_answer(b'"%s-gz"' % name, common, len(finished.gzip), (b"content-encoding", b"gzip")),
        rolls=wish.selection.rolls,
        plugins=at[2] if wish.selection.is_foreign else None,
    )


def _answer(
    etag: bytes, common: Headers, size: int, encoding: tuple[bytes, bytes] | None = None
) -> Answer:
    full = [(b"etag", etag), *common, (b"content-length", str(size).encode())]
    unchanged = [(name, value) for name, value in full if name in _IN_304]
    return Answer(
        etag=etag,
        full=_start(200, [*full, encoding] if encoding else full),
        unchanged=_start(304, unchanged),
        lines=b"".join(b"%s: %s\r\n" % header for header in unchanged) + b"\r\n",
    )


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _common(wish: Wish, modified: datetime) -> Headers:
    name = wish.slug or wish.kind.value
    return [
        (b"last-modified", http_date(modified)),
        (b"cache-control", _FRESH),
        (b"vary", b"accept-encoding"),
        (b"access-control-allow-origin", b"*"),
        (b"content-type", wish.format.media_type.encode()),
        (b"content-disposition", f'inline; filename="{name}.{wish.format}"'.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]


def http_date(moment: datetime) -> bytes:
    """Write an instant as HTTP does (RFC 9110 section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True).encode()


def _pieces(whole: bytes) -> Iterable[memoryview]:
    """Cut without copying: a view is as good as bytes for a socket."""
    view = memoryview(whole)
    return (view[start : start + _PIECE] for start in range(0, len(view), _PIECE))
