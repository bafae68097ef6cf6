"""Stylesheets, scripts and pictures, held in memory and sent as they are.

Every file has two addresses. `/static/palabre.3f2a….css` carries its content's hash and never
changes: browsers keep it for good. `/static/palabre.css` is for stylesheets that name a picture
beside them, and is asked again after an hour. Files are hashed and compressed once, at start: a
request costs a look-up. The core's files lie at the root, a theme's under `theme/`, a plugin's
under its own name.

servestatic was looked at: it hashes names for Django only and opens a file per request, so this
module would have stayed as long with it (docs/decisions/0010-static-files.md).
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import brotli
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

PREFIX = "/static/"
FOREVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
HASH_LENGTH = 12
WORTH_COMPRESSING = 512  # bytes; below it an encoded copy saves no packet
COMPRESSED_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
# Said here because the machine's own mime.types may say otherwise.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, ready to send: its bodies by content encoding ("" is the plain one)."""

    address: str
    etag: str
    media_type: str
    bodies: Mapping[str, bytes]


class Static:
    """ASGI application for everything below `/static/`; also says each file's address."""

    def __init__(self, folders: Mapping[str, Path], before: Mapping[str, str] = NOTHING) -> None:
        """`folders` maps a prefix ("" for the core, "theme", a plugin's name) to a folder.

        `before` has text that is put in front of a file, by its name.
        """
        self._files: dict[str, StaticFile] = {}
        self._served: dict[str, tuple[StaticFile, str]] = {}
        for prefix, folder in folders.items():
            for path in _below(folder):
                name = "/".join(filter(None, (prefix, path.relative_to(folder).as_posix())))
                self._add(name, before.get(name, "").encode() + path.read_bytes())

    def url(self, name: str) -> str:
        """Return the address of `name` ("palabre.css", "theme/tokens.css") that never changes.

        Raises KeyError with the name when there is no such file: a typo must not reach readers.
        """
        return self._files[name].address

    def has(self, name: str) -> bool:
        """Whether there is a file `name`."""
        return name in self._files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a static file."""
        await self._response(scope)(scope, receive, send)

    def _add(self, name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
        stem, dot, ending = name.rpartition(".")
        address = f"{PREFIX}{stem}.{digest}.{ending}" if dot else f"{PREFIX}{name}.{digest}"
        media_type = _type_of(name)
        file = StaticFile(address, digest, media_type, _bodies(content, media_type))
        self._files[name] = file
        self._served[PREFIX + name] = (file, AN_HOUR)
        self._served[address] = (file, FOREVER)

    def _response(self, scope: Scope) -> Response:
        if scope["method"] not in {"GET", "HEAD"}:
            return PlainTextResponse("", 405, {"allow": "GET, HEAD"})
        found = self._served.get(scope["path"])
        if found is None:
            return PlainTextResponse("Introuvable.\n", 404)
        file, caching = found
        request = Headers(scope=scope)
        encoding = _best_encoding(request.get("accept-encoding", ""), file.bodies)
        headers = {
            "etag": f'"{file.etag}{encoding and "-" + encoding}"',
            "cache-control": caching,
            "vary": "Accept-Encoding",
        }
        if _holds(request.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["content-encoding"] = encoding
        headers["content-type"] = file.media_type
        body = file.bodies[encoding]
        if scope["method"] == "HEAD":
            return Response(headers=headers | {"content-length": str(len(body))})
        return Response(body, headers=headers)


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] != ".")


def _type_of(name: str) -> str:
    ending = Path(name).suffix.lower()
    return TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _bodies(content: bytes, media_type: str) -> dict[str, bytes]:
    bodies = {"": content}
    if len(content) >= WORTH_COMPRESSING and media_type.startswith(COMPRESSED_TYPES):
        bodies["br"] = brotli.compress(content)
        bodies["gzip"] = gzip.compress(content, mtime=0)
    return bodies


def _best_encoding(accepted: str, bodies: Mapping[str, bytes]) -> str:
    """Return the smallest body's encoding that the header allows (RFC 9110 section 12.5.3)."""
    wanted = set()
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            wanted.add(coding.strip())
    return next((coding for coding in ("br", "gzip") if coding in wanted & set(bodies)), "")


def _holds(if_none_match: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
