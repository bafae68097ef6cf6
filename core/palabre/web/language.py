"""The language of a page stands in its address: `/en/agenda` is `/agenda` in English.

No cookie and no guess: an address always shows the same page, so it can be shared, cached and
indexed. The prefix is taken off before routing, views only know `/agenda`; it is put back on the
links of the finished page (`localise`) and on redirects, so nobody has to think of it.
"""

import re
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from palabre.i18n import BASE_LANGUAGE, LANGUAGES, language

_OTHERS = "|".join(code for code in LANGUAGES if code != BASE_LANGUAGE)
# What stays as it is: other hosts, addresses that have their language, and what is the same in
# all languages (files, the API, every feed: a page's address + an ending).
_FEEDS = r"[^\"?#]*\.(?:ics|json|atom|csv|geojson|pdf)(?=[\"?#]|$)"
_SHARED = rf"/|(?:{_OTHERS})(?=[/\"]|$)|static/|uploads/|api/|{_FEEDS}"
_ATTRIBUTES = (" href", " action", " formaction")
# The switch to the base language says so in a lang attribute and keeps its address.
_SWITCH = f' lang="{BASE_LANGUAGE}" href'
_SHARED_PATH = re.compile(_SHARED)


def prefix() -> str:
    """Return what the current language puts before a path: "" or "/en"."""
    code = language.get()
    return "" if code == BASE_LANGUAGE else f"/{code}"


def addresses(path: str, query: str) -> dict[str, str]:
    """Return the address of the page `path` in each language, so that a switch keeps the page.

    `path` is what a stranger asked for, decoded: "//elsewhere" must not become another host.
    """
    page = "/" + quote(path.lstrip("/")) + (f"?{query}" if query else "")
    return {code: page if code == BASE_LANGUAGE else f"/{code}{page}" for code in LANGUAGES}


def localise(page: str) -> str:
    """Return the HTML `page` with the links that stay on the site in the current language."""
    code = prefix()
    if not code:
        return page
    # Cutting is ten times faster than one regular expression over the whole page.
    before, *rest = page.split('="/')
    pieces = [before]
    for piece in rest:
        stays = before.endswith(_ATTRIBUTES) and not before.endswith(_SWITCH)
        own = stays and not _SHARED_PATH.match(piece)
        pieces.append(f'="{code}/{piece}' if own else f'="/{piece}')
        before = piece
    return "".join(pieces)


def split(path: str) -> tuple[str, str]:
    """Return (language code, path without its language prefix)."""
    code, _, rest = path[1:].partition("/")
    if code in LANGUAGES and code != BASE_LANGUAGE:
        return code, f"/{rest}"
    return BASE_LANGUAGE, path


class LanguageMiddleware:
    """ASGI middleware: reads the prefix off the address, sets the language, mends redirects."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in the language that its address names."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        code, path = split(scope["path"])
        token = language.set(code)
        try:
            if code == BASE_LANGUAGE:
                await self.app(scope, receive, send)
            else:
                raw = scope.get("raw_path") or scope["path"].encode()
                inner = {**scope, "path": path, "raw_path": raw[len(code) + 1 :] or b"/"}
                await self.app(inner, receive, _mending(send, f"/{code}"))
        finally:
            language.reset(token)


def _mending(send: Send, code: str) -> Send:
    async def send_mended(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["content-language"] = code[1:]
            target = headers.get("location", "")
            if target.startswith("/") and not _SHARED_PATH.match(target, 1):
                headers["location"] = code + target
        await send(message)

    return send_mended
