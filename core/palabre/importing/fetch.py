"""A calendar's address → its bytes: bounded in time and size, and only from the open internet.

Nothing that stands inside a calendar is ever fetched; only the address that a person gave, and
where it redirects to.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.importing.addresses import Forbidden, Permitted, PinnedBackend, is_public
from palabre.importing.ical.decode import too_large
from palabre.importing.ical.limits import DEFAULT, Limits
from palabre.importing.origin import NEVER_ASKED, Freshness

CONNECT_SECONDS = 10
TOTAL_SECONDS = 60
REDIRECTS = 5
_WEB_PORTS = frozenset({None, 80, 443})
_LOWEST_OTHER_PORT = 1024
_ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_AGENT = "Palabre (calendar import)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar's bytes; `unchanged` when the server says that they are those of last time."""

    data: bytes
    freshness: Freshness
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How to fetch: what may be reached, how much and how long. Tests permit their own machine."""

    permitted: Permitted = is_public
    limits: Limits = DEFAULT
    seconds: float = TOTAL_SECONDS
    connect_seconds: float = CONNECT_SECONDS


OPEN_WEB = Way()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


async def fetch(address: str, known: Freshness = NEVER_ASKED, way: Way = OPEN_WEB) -> Fetched:
    """Fetch the calendar at `address` (http, https or webcal).

    Args:
        address: as a person gave it; webcal means https, then http.
        known: what the server said last time.
        way: the bounds.

    Raises:
        Refused: the address can't or may not be reached, or answers with no calendar; says why.

    """
    try:
        async with asyncio.timeout(way.seconds):
            return await _fetch_first(_candidates(address), known, way)
    except TimeoutError as error:
        raise _refused(
            _("Cette adresse n’a pas répondu en entier en {seconds} secondes.").format(
                seconds=round(way.seconds)
            )
        ) from error


def _candidates(address: str) -> list[httpx.URL]:
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL as error:
        raise _refused(_("Cette adresse est mal écrite.")) from error
    schemes = {
        "http": ["http"],
        "https": ["https"],
        "webcal": ["https", "http"],
        "webcals": ["https"],
    }.get(url.scheme)
    if schemes is None or not url.host:
        raise _refused(_("Donnez une adresse qui commence par https://, http:// ou webcal://."))
    if url.userinfo:
        raise _refused(_("Donnez l’adresse sans nom ni mot de passe."))
    return [url.copy_with(scheme=scheme) for scheme in schemes]


async def _fetch_first(urls: list[httpx.URL], known: Freshness, way: Way) -> Fetched:
    for url in urls[:-1]:
        try:
            return await _follow(url, known, way)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            continue  # webcal says neither https nor http: the other one may answer
    try:
        return await _follow(urls[-1], known, way)
    except Forbidden as error:
        raise _refused(
            _("Cette adresse mène à un réseau privé : elle n’est pas suivie.")
        ) from error
    except (httpcore.ConnectError, httpcore.ConnectTimeout, ssl.SSLError) as error:
        raise _refused(
            _("Aucun serveur ne répond à cette adresse. Vérifiez-la, ou réessayez plus tard.")
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise _refused(_("La réponse s’est interrompue. Réessayez plus tard.")) from error


async def _follow(url: httpx.URL, known: Freshness, way: Way) -> Fetched:
    for _hop in range(REDIRECTS + 1):
        _check_port(url)
        answer = await _ask(url, known, way)
        if answer.status in {301, 302, 303, 307, 308} and "location" in answer.headers:
            url = _next(url, answer.headers["location"])
            continue
        return _fetched(answer, known)
    raise _refused(_("Cette adresse renvoie sans cesse ailleurs."))


def _check_port(url: httpx.URL) -> None:
    if url.port not in _WEB_PORTS and (url.port or 0) < _LOWEST_OTHER_PORT:
        raise _refused(_("Le port {port} n’est pas celui d’un site web.").format(port=url.port))


def _next(url: httpx.URL, location: str) -> httpx.URL:
    try:
        following = url.join(location)
    except httpx.InvalidURL as error:
        raise _refused(_("Cette adresse renvoie vers une adresse mal écrite.")) from error
    if following.scheme in {"webcal", "webcals"}:
        following = following.copy_with(scheme="https")
    if following.scheme not in {"http", "https"} or following.userinfo or not following.host:
        raise _refused(_("Cette adresse renvoie hors du web : elle n’est pas suivie."))
    if url.scheme == "https" and following.scheme == "http":
        raise _refused(
            _("Cette adresse renvoie vers une liaison non protégée (http) : elle n’est pas suivie.")
        )
    return following


async def _ask(url: httpx.URL, known: Freshness, way: Way) -> _Answer:
    async with (
        _connection(way) as pool,
        pool.stream(
            "GET",
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=_headers(url, known),
            extensions={"timeout": {"connect": way.connect_seconds, "read": way.seconds}},
        ) as response,
    ):
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        body = b""
        if response.status == 200:
            body = await _body(response, headers, way.limits)
        return _Answer(response.status, headers, body)


def _headers(url: httpx.URL, known: Freshness) -> list[tuple[bytes | str, bytes | str]]:
    said = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": "text/calendar, */*;q=0.5",
        "Accept-Encoding": "gzip",
        **known.headers(),
    }
    return list(said.items())


@asynccontextmanager
async def _connection(way: Way) -> AsyncIterator[httpcore.AsyncConnectionPool]:
    """Open a pool for one request: the next redirect is resolved and judged anew."""
    backend = PinnedBackend(way.permitted)
    try:
        async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
            yield pool
    finally:
        await backend.aclose()


async def _body(response: httpcore.Response, headers: Mapping[str, str], limits: Limits) -> bytes:
    """Read the body, opened as it comes; stops at the limit, compressed or not."""
    encoding = headers.get("content-encoding", "").strip().lower()
    opener = _opener(encoding)
    pieces: list[bytes] = []
    raw = size = 0
    try:
        async for piece in response.aiter_stream():
            raw += len(piece)
            text = opener.decompress(piece, limits.bytes + 1 - size) if opener else piece
            size += len(text)
            pieces.append(text)
            if size > limits.bytes or raw > limits.bytes:
                raise too_large(limits)
    except zlib.error as error:
        raise _refused(_("La réponse compressée est abîmée.")) from error
    if opener is not None and not opener.eof and raw:
        raise _refused(_("La réponse compressée s’arrête avant sa fin."))
    return b"".join(pieces)


def _opener(encoding: str) -> "zlib._Decompress | None":
    if encoding in {"", "identity"}:
        return None
    if encoding not in _ENCODINGS:
        raise _refused(_("Le serveur répond dans une compression que personne n’a demandée."))
    return zlib.decompressobj(_ENCODINGS[encoding])


def _fetched(answer: _Answer, known: Freshness) -> Fetched:
    if answer.status == 304 and known != NEVER_ASKED:
        return Fetched(b"", known, unchanged=True)
    if answer.status != 200:
        raise _refused(_refusal(answer.status))
    said = Freshness(
        answer.headers.get("etag", "")[:200], answer.headers.get("last-modified", "")[:100]
    )
    return Fetched(answer.body, said)


def _refusal(status: int) -> str:
    if status in {401, 403}:
        return _(
            "Cette adresse n’est pas publique (réponse {status}). Rendez l’agenda public, ou donnez "
            "son adresse secrète au format iCal."
        ).format(status=status)
    if status in {404, 410}:
        return _(
            "Il n’y a rien à cette adresse (réponse {status}). Ce qui était importé reste."
        ).format(status=status)
    if status == 429 or status >= 500:
        return _(
            "Le serveur n’est pas disponible (réponse {status}). Réessayez plus tard ; ce qui était "
            "importé reste."
        ).format(status=status)
    return _("Le serveur ne donne pas de calendrier (réponse {status}).").format(status=status)


def _refused(message: str) -> Refused:
    return Refused(message, "source")
