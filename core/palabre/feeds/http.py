"""The feeds' addresses, answered before sessions, templates and plugins come in.

    /agenda.ics?…   /organisations/{slug}.ics?…   /lieux/{slug}.ics?…   /evenements/{slug}.ics
    and the same with .json

A calendar that asks whether anything is new (If-None-Match) is answered here from a dictionary
and a comparison of two numbers; that is what millions of them do all day. The rules are those of
FEED.md, whose letters are the names of the tests.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.agenda.filters import EVERYTHING, Filter, Selection, parse
from palabre.errors import DatabaseUnavailable, NotFound, Refused
from palabre.feeds.calendar import Format
from palabre.feeds.feed import Answer, Feed, Headers
from palabre.feeds.reading import Gone, Kind, Moved, Wish
from palabre.feeds.store import FeedStore
from palabre.i18n import gettext as _

_ADDRESS = re.compile(
    r"/(?:(agenda)|(organisations|lieux|evenements)/([a-z0-9][a-z0-9-]{0,199}))\.(ics|json)"
)
_SIMILAR = re.compile(r"/(?:agenda|(?:organisations|lieux|evenements)/[^/]*)\.(?:ics|json)")
_MAX_QUERY = 4_096  # bytes; the longest form of ours sends a tenth
_MAX_FIELDS = 100
_KNOWN_ADDRESSES = 4_096  # addresses, as they were asked for, that lead straight to a feed
_ALLOW = (b"allow", b"GET, HEAD, OPTIONS")
_DAY = b"public, max-age=86400"
_MOMENT = b"public, max-age=60"


@dataclass(frozen=True, slots=True)
class _Request:
    """The headers that matter here."""

    none_match: bytes | None
    modified_since: bytes | None
    gzip: bool


class FeedHttp:
    """ASGI middleware: answers the feeds' addresses from `store`, leaves all others to `app`."""

    def __init__(
        self, app: ASGIApp, store: FeedStore, filters: Sequence[Filter] = CORE_FILTERS
    ) -> None:
        self.app = app
        self.store = store
        self.filters = filters
        self._known: OrderedDict[tuple[str, bytes], Wish] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a feed's address; everything else goes on to the site."""
        if scope["type"] != "http" or not scope["path"].endswith((".ics", ".json")):
            await self.app(scope, receive, send)
            return
        wish = self._known.get((scope["path"], scope["query_string"]))
        if wish is not None and scope["method"] in {"GET", "HEAD"}:
            feed = self.store.kept(wish)
            if feed is not None and self.store.fresh(feed):
                await self._give(feed, scope, send)
                return
        elif not _SIMILAR.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
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
        except DatabaseUnavailable:
            message = _("L’agenda est momentanément indisponible. Réessayez dans deux minutes.")
            await _say(503, message, scope, send, extra=[(b"retry-after", b"120")])
        else:
            self._remember(scope, wish)
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
        return parse(pairs, self.filters)

    def _remember(self, scope: Scope, wish: Wish) -> None:
        self._known[(scope["path"], scope["query_string"])] = wish
        if len(self._known) > _KNOWN_ADDRESSES:
            self._known.popitem(last=False)

    async def _give(self, feed: Feed, scope: Scope, send: Send) -> None:
        """Send the feed, or say that the reader has it already."""
        request = _read(scope["headers"])
        answer = feed.gzip if request.gzip else feed.plain
        if _is_known(feed, answer, request):
            await send({"type": "http.response.start", "status": 304, "headers": answer.unchanged})
            await send(_EMPTY)
            return
        await send({"type": "http.response.start", "status": 200, "headers": answer.full})
        if scope["method"] == "HEAD":
            await send(_EMPTY)
            return
        if not request.gzip:
            await self.store.inflated(feed)
        for part in feed.chunks(gzip=request.gzip):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send(_EMPTY)

    async def _move(self, wish: Wish, moved: Moved, scope: Scope, send: Send) -> None:
        there = Wish(wish.kind, moved.slug, wish.selection, wish.format)
        location = (self.store.settings.origin + there.path).encode("ascii")
        await _say(308, moved.message, scope, send, [(b"location", location)], cache=_DAY)


_EMPTY = {"type": "http.response.body", "body": b""}


def _read(headers: Iterable[tuple[bytes, bytes]]) -> _Request:
    none_match = modified_since = None
    gzip = False
    for name, value in headers:
        if name == b"if-none-match":
            none_match = value if none_match is None else none_match + b"," + value
        elif name == b"accept-encoding":
            gzip = gzip or _accepts_gzip(value)
        elif name == b"if-modified-since":
            modified_since = value
    return _Request(none_match, modified_since, gzip)


@lru_cache(maxsize=256)
def _accepts_gzip(value: bytes) -> bool:
    """Whether gzip is asked for: by name or by *, and not with a weight of 0 (RFC 9110 12.5.3)."""
    weights: dict[bytes, bool] = {}
    for item in value.lower().split(b","):
        coding, _mark, weight = item.strip().partition(b";")
        weights[coding.strip()] = not re.fullmatch(rb"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return weights.get(b"gzip", weights.get(b"x-gzip", weights.get(b"*", False)))


def _is_known(feed: Feed, answer: Answer, request: _Request) -> bool:
    """Whether the reader has these bytes; If-None-Match wins (RFC 9110 section 13.2.2)."""
    if request.none_match is not None:
        if request.none_match == answer.etag:
            return True
        tags = (tag.strip() for tag in request.none_match.split(b","))
        return any(tag in {b"*", answer.etag, b"W/" + answer.etag} for tag in tags)
    if request.modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(request.modified_since.decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return False
    return since.replace(tzinfo=since.tzinfo or UTC) >= feed.modified


async def _refuse_method(scope: Scope, send: Send) -> None:
    """Answer OPTIONS; say to all others that a feed is for reading (Thunderbird probes: H21)."""
    cross = [
        _ALLOW,
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
        (b"access-control-allow-headers", b"if-none-match, if-modified-since"),
        (b"access-control-max-age", b"86400"),
    ]
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": cross})
        await send(_EMPTY)
        return
    message = _("Cette adresse se lit seulement : c’est un agenda auquel on s’abonne.")
    await _say(405, message, scope, send, cross[:2])


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
