"""How a plugin's own people come in, are known on its pages, and leave.

A browser is one person's: letting a principal in ends its account's session, and signing in to an
account ends the principal's. The cookie is not the accounts' one, and their tokens lie in another
table: neither opens anything with the other's.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied
from palabre.hookvalues import Principal
from palabre.i18n import gettext as _
from palabre.people.permissions import ANONYMOUS
from palabre.people.sessions import close_session
from palabre.principals import domain
from palabre.web.routing import PRINCIPAL, SAFE_METHODS, Page
from palabre.web.security import check_token
from palabre.web.site import actor_of, principal_cookie, site_of

Known = Callable[[str], Awaitable[Principal | None]]


async def enter_principal(
    request: Request, response: Response, key: str, lasts: timedelta = domain.LASTS
) -> None:
    """Let one of the plugin's own people in: `response` carries the cookie of a fresh session.

    Only for views of a plugin with the hook `principal`, which is asked at each later request.
    `key` is the plugin's name for them. Raises ValueError for an unusable key, or a session that
    lasts longer than a day.
    """
    site = site_of(request)
    plugin = getattr(request.state, "extension", "")
    if not plugin:
        raise RuntimeError("only a plugin's own view lets its people in")
    token = await domain.begin(plugin, key, lasts)
    await leave_principal(request, response)
    account = request.cookies.get(site.cookie)
    if account:
        await close_session(account)
        _drop(request, response, site.cookie)
    response.set_cookie(
        principal_cookie(request),
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=site.settings.secure,
        httponly=True,
        samesite="lax",
    )


async def leave_principal(request: Request, response: Response) -> None:
    """End the session of the principal in this browser; `response` takes the cookie away."""
    token = request.cookies.get(principal_cookie(request))
    if token:
        await domain.end(token)
        _drop(request, response, principal_cookie(request))


def principal_of(request: Request) -> Principal | None:
    """Return which of the plugin's own people asks, None for everybody else.

    On the pages of their own plugin alone: on any other, and for the core, they are nobody.
    """
    found = getattr(request.state, "principal", None)
    return found if isinstance(found, Principal) else None


async def admit(
    request: Request, plugin: str, page: Page, known: Known, entrance: str
) -> Response | None:
    """Find out which principal asks for a plugin's page; None when the page may be shown.

    `known` asks the plugin whether it still knows a key. A page for principals alone answers
    everybody else with the way to `entrance`, or raises Denied.
    """
    principal = await _recognised(request, plugin, known)
    if principal is not None and request.method not in SAFE_METHODS:
        await check_token(request, request.state.csrf_token)
    if page.permission != PRINCIPAL or principal is not None:
        return None
    if request.method in SAFE_METHODS:
        return RedirectResponse(entrance, status_code=303)
    raise Denied(_("Cette page demande d’être entré par la page d’accueil de l’extension."))


async def _recognised(request: Request, plugin: str, known: Known) -> Principal | None:
    request.state.extension, request.state.principal = plugin, None
    token = request.cookies.get(principal_cookie(request))
    if not token or await actor_of(request) != ANONYMOUS:
        return None
    session = await domain.session_of(plugin, token)
    principal = await known(session.key) if session else None
    if session is None or principal is None:
        return None
    request.state.principal, request.state.csrf_token = principal, session.csrf_token
    return principal


def _drop(request: Request, response: Response, cookie: str) -> None:
    secure = site_of(request).settings.secure
    response.delete_cookie(cookie, secure=secure, httponly=True, samesite="lax")
