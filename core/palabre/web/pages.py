"""What people and programs see when something can't be done: pages, or problem+json (RFC 9457).

Every error of `palabre.errors` has its status here; what nobody foresaw is logged with its
traceback and shown as one calm sentence.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from palabre.errors import (
    Conflict,
    DatabaseUnavailable,
    Denied,
    Gone,
    NotFound,
    PalabreError,
    Refused,
    TooMany,
    Unavailable,
)
from palabre.i18n import gettext as _
from palabre.people.permissions import ANONYMOUS
from palabre.web.site import actor_of
from palabre.web.templates import render

log = structlog.get_logger()

Handler = Callable[[Request, Any], Awaitable[Response]]
RETRY_AFTER = 15  # seconds: how soon a page is worth reloading while the database is away
_STATUS: Mapping[type[PalabreError], int] = {
    Conflict: 409,
    Refused: 422,
    Gone: 410,
    NotFound: 404,
    Unavailable: 503,
    Denied: 403,
}


def problem(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with an error: problem+json for programs, a page for people."""
    if wants_json(request):
        body = {"type": "about:blank", "status": status, "title": message}
        return JSONResponse(body, status, headers, media_type="application/problem+json")
    return render(
        request, "errors/error.html", {"status": status, "message": message}, status, headers
    )


def wants_json(request: Request) -> bool:
    """Whether a program asks: an address of the API or a list as JSON."""
    path: str = request.scope["path"]
    return path.startswith("/api/") or path.endswith(".json")


async def said(request: Request, error: PalabreError) -> Response:
    """Answer an error that Palabre raised on purpose.

    Whoever isn't signed in is asked to, where that could help; whose role sleeps, to wake it.
    """
    actor = getattr(request.state, "actor", ANONYMOUS)
    if isinstance(error, Denied) and request.method in {"GET", "HEAD"}:
        if actor.user_id is None:
            following = quote(request.url.path, safe="/")
            return RedirectResponse(f"/connexion?next={following}", status_code=303)
        if actor.asleep:
            return RedirectResponse("/compte/securite", status_code=303)
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return problem(request, status, error.message)


async def http(request: Request, error: HTTPException) -> Response:
    """Answer an error of the protocol: unknown address, wrong method, body too large.

    A final slash too many leads to the page without it: by a path, never by the Host header.
    """
    path: str = request.scope["path"]
    if error.status_code == 404 and path.endswith("/") and request.method in {"GET", "HEAD"}:
        page = "/" + quote(path.strip("/\\"))
        query = f"?{request.url.query}" if request.url.query else ""
        if page != path:
            return RedirectResponse(page + query, status_code=308)
    sentences = {
        400: _("Cette demande n’a pas pu être comprise."),
        404: _("Il n’y a rien à cette adresse."),
        405: _("Cette adresse ne répond pas à ce type de demande."),
        413: _("C’est trop volumineux pour être reçu."),
    }
    message = sentences.get(error.status_code, "")
    if error.status_code >= 500 and error.detail != HTTPStatus(error.status_code).phrase:
        message = error.detail  # a sentence of ours: which plugin failed
    with suppress(DatabaseUnavailable):  # an address without a page has asked nobody who they are
        await actor_of(request)
    return problem(request, error.status_code, message, error.headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """Answer while the database is away; feeds go on from memory meanwhile."""
    log.warning("database unavailable", path=_place(request), reason=str(error))
    request.state.actor = ANONYMOUS
    message = _(
        "La base de données ne répond pas. Les calendriers abonnés restent servis ;"
        " réessayez dans quelques instants."
    )
    return problem(request, 503, message, {"retry-after": str(RETRY_AFTER)})


async def unforeseen(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; the traceback goes to the log, never to the page.

    The fault may lie in the templates themselves, so plain text is the last resort.
    """
    log.error("unforeseen error", path=_place(request), exc_info=error)
    message = _("Une erreur imprévue s’est produite. Elle a été notée ; réessayez plus tard.")
    try:
        return problem(request, 500, message)
    except Exception:
        log.exception("error page failed")
        return PlainTextResponse(message, 500)


def _place(request: Request) -> str:
    """Return the path for the log, without the token of a link: whoever reads it could use it."""
    path: str = request.scope["path"]
    token = request.path_params.get("token")
    return path.replace(token, "…") if token else path


async def too_many(request: Request, error: TooMany) -> Response:
    """Answer who tries too often, with the time to wait."""
    return problem(request, 429, error.message, {"retry-after": str(error.retry_after)})


HANDLERS: Mapping[type[Exception] | int, Handler] = {
    PalabreError: said,
    HTTPException: http,
    DatabaseUnavailable: unavailable,
    TooMany: too_many,
    Exception: unforeseen,
}
