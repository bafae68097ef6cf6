"""The feeds' addresses, answered before sessions, templates and plugins come in.

    /agenda.ics?…   /organisations/{slug}.ics?…   /lieux/{slug}.ics?…   /evenements/{slug}.ics
    and the same with .json

A calendar that asks whether anything is new (If-None-Match) is answered here from a dictionary
and a comparison of two numbers; that is what millions of them do all day. The rules are those of
FEED.md, whose letters are the names of the tests.
"""

import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.filters import EVERYTHING, Filter, Selection, parse
from palabre.agenda.plugin_filters import with_plugins
from palabre.errors import DatabaseUnavailable, Gone, NotFound, Refused, Unavailable
from palabre.feeds.calendar import Format
from palabre.feeds.feed import Answer, Feed, Headers
from palabre.feeds.reading import Kind, Moved, Wish
from palabre.feeds.store import FeedStore
from palabre.i18n import gettext as _

_ADDRESS = re.compile(
    r"/(?:(agenda)|(organisations|lieux|evenements)/([a-z0-9][a-z0-9-]{0,199}))\.(ics|json)"
)
_SIMILAR = re.compile(r"/(?:agenda|(?:organisations|lieux|evenements)/[^/]*)\.(?:ics|json)")
_MAX_QUERY = 4_096  # bytes; the longest form of ours sends a tenth
_MAX_FIELDS = 100
_READING = frozenset({"GET", "HEAD"})
_ANYONE = (b"access-control-allow-origin", b"*")
_DAY = b"public, max-age=86400"
_LATER = (b"retry-after", b"3600")
_MOMENT = b"public, max-age=60"


class FeedHttp:
    """ASGI middleware: answers the feeds' addresses from `store`, leaves all others to `app`."""

    def __init__(
        self, app: ASGIApp, store: FeedStore, filters: tuple[Filter, ...] = CORE_FILTERS
    ) -> None:
        self.app = app
        self.store = store
        self.filters = filters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a feed's address; everything else goes on to the site."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        feed = self.store.addresses.get((scope["path"], scope["query_string"]))
        if feed is not None and self.store.fresh(feed) and scope["method"] in _READING:
            feed.asked = True
            await self._give(feed, scope, send)
        elif feed is not None or _SIMILAR.fullmatch(scope["path"]):
            await self._answer(scope, send)
        else:
            await self.app(scope, receive, send)

    def unchanged(self, target: bytes, headers: Headers) -> bytes | None:
        """Return the header lines of a 304 where that is the answer to a GET, else None.

        `target` is the request's target as it came. Only what can be said at once is said here: a
        reader that names the ETag of a feed which is up to date.
        """
        path, _mark, query = target.partition(b"?")
        feed = self.store.addresses.get((path.decode("ascii", "replace"), query))
        if feed is None or not self.store.fresh(feed):
            return None
        none_match = None
        gzip = False
        for name, value in headers:
            if name == b"accept-encoding":
                gzip = gzip or _accepts_gzip(value)
            elif name == b"if-none-match":
                none_match = value
        answer = feed.gzip if gzip else feed.plain
        if none_match != answer.etag:
            return None
        feed.asked = True
        return answer.lines

    async def _answer(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in _READING:
            await _refuse_method(scope, send)
            return
        try:
            wish = self._wish(scope["path"], scope["query_string"])
            feed = await self.store.feed(wish)
        except Moved as moved:
            await self._move(wish, moved, scope, send)
        except Gone as gone:
            await _say(410, gone.message, scope, send, cache=_DAY)
        except NotFound as missing:
            await _say(404, missing.message, scope, send, cache=_MOMENT)
        except Refused as refused:
            await _say(400, refused.message, scope, send, cache=_MOMENT)
        except Unavailable as out_of_order:
            await _say(503, out_of_order.message, scope, send, extra=[_LATER])
        except DatabaseUnavailable:
            message = _("L’agenda est momentanément indisponible. Réessayez dans deux minutes.")
            await _say(503, message, scope, send, extra=[(b"retry-after", b"120")])
        else:
            self.store.remember(feed, (scope["path"], scope["query_string"]))
            await self._give(feed, scope, send)

    def _wish(self, path: str, query: bytes) -> Wish:
        """Read an address; raises NotFound, or Refused for a filter that can't be meant."""
        found = _ADDRESS.fullmatch(path)
        if found is None:
            raise NotFound(_("Aucun agenda n’existe à cette adresse."))
        kind, slug = Kind(found[1] or found[2]), found[3] or ""
        return Wish(kind, slug, self._selection(kind, query), Format(found[4]))

    def _selection(self, kind: Kind, query: bytes) -> Selection:
        if not query or kind is Kind.EVENT:
            return EVERYTHING
        try:
            pairs = parse_qsl(
                query.decode("utf-8", "replace"),
                max_num_fields=_MAX_FIELDS if len(query) <= _MAX_QUERY else 0,
            )
        except ValueError as error:
            raise Refused(_("Cette adresse est trop longue.")) from error
        return parse(pairs, with_plugins(self.filters))

    async def _give(self, feed: Feed, scope: Scope, send: Send) -> None:
        """Send the feed, or say that the reader has it already."""
        none_match = modified_since = None
        gzip = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                gzip = gzip or _accepts_gzip(value)
            elif name == b"if-none-match":
                none_match = value if none_match is None else none_match + b"," + value
            elif name == b"if-modified-since":
                modified_since = value
        answer = feed.gzip if gzip else feed.plain
        if none_match == answer.etag or _is_known(feed, answer, none_match, modified_since):
            await send(answer.unchanged)
            await send(_EMPTY)
        else:
            await send(answer.full)
            await self._send_body(feed, scope, send, gzip=gzip)

    async def _send_body(self, feed: Feed, scope: Scope, send: Send, *, gzip: bool) -> None:
        """Send the body in pieces; the last one says so itself, to be gone in one turn."""
        if scope["method"] == "HEAD":
            await send(_EMPTY)
            return
        if not gzip:
            await self.store.inflated(feed)
        last: memoryview | None = None
        for part in feed.chunks(gzip=gzip):
            if last is not None:
                await send({"type": "http.response.body", "body": last, "more_body": True})
            last = part
        await send({"type": "http.response.body", "body": last or b""})

    async def _move(self, wish: Wish, moved: Moved, scope: Scope, send: Send) -> None:
        there = Wish(wish.kind, moved.slug, wish.selection, wish.format)
        location = (self.store.settings.origin + there.path).encode("ascii")
        await _say(308, moved.message, scope, send, [(b"location", location)], cache=_DAY)


_EMPTY = {"type": "http.response.body", "body": b""}


@lru_cache(maxsize=256)
def _accepts_gzip(value: bytes) -> bool:
    """Whether gzip is asked for: by name or by *, and not with a weight of 0 (RFC 9110 12.5.3)."""
    weights: dict[bytes, bool] = {}
    for item in value.lower().split(b","):
        coding, _mark, weight = item.strip().partition(b";")
        weights[coding.strip()] = not re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return weights.get(b"gzip", weights.get(b"x-gzip", weights.get(b"*", False)))


def _is_known(
    feed: Feed, answer: Answer, none_match: bytes | None, modified_since: bytes | None
) -> bool:
    """Whether the reader has these bytes; If-None-Match wins (RFC 9110 section 13.2.2)."""
    if none_match is not None:
        tags = (tag.strip() for tag in none_match.split(b","))
        return any(tag in {b"*", answer.etag, b"W/" + answer.etag} for tag in tags)
    if modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(modified_since.decode("ascii"))
    except ValueError:  # UnicodeDecodeError is one
        return False
    return since.replace(tzinfo=since.tzinfo or UTC) >= feed.modified


async def _refuse_method(scope: Scope, send: Send) -> None:
    """Answer OPTIONS; say to all others that a feed is for reading (Thunderbird probes: H21)."""
    if scope["method"] == "OPTIONS":
        cross = [
            (b"allow", b"GET, HEAD, OPTIONS"),
            _ANYONE,
            (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
            (b"access-control-allow-headers", b"if-none-match, if-modified-since"),
            (b"access-control-max-age", b"86400"),
        ]
        await send({"type": "http.response.start", "status": 204, "headers": cross})
        await send(_EMPTY)
        return
    message = _("Cette adresse se lit seulement : c’est un agenda auquel on s’abonne.")
    await _say(405, message, scope, send, [(b"allow", b"GET, HEAD"), _ANYONE])


async def _say(
    status: int,
    message: str,
    scope: Scope,
    send: Send,
    extra: Sequence[tuple[bytes, bytes]] = (),
    *,
    cache: bytes = b"no-store",
) -> None:
    """Send a sentence as plain text: a program stops at the status, a person reads the sentence."""
    text = f"{message}\n".encode()
    headers: Headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"cache-control", cache),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else text
    await send({"type": "http.response.body", "body": body})
