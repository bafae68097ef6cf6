"""The last step of every way in: a fresh session in this browser, and on to a page of the site.

An account with a second factor gets its second step first, whatever the first one was.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.people.devices import words_of
from palabre.people.factors import steps
from palabre.people.factors.methods import has_any
from palabre.people.factors.passkeys import place_of
from palabre.people.factors.values import FRESH, has_second
from palabre.people.models import User
from palabre.people.sessions import ABSOLUTE, actor_from_token, close_session, open_session
from palabre.principals.domain import end as end_principal
from palabre.web.site import actor_of, principal_cookie, site_of
from palabre.web.templates import render

HOME_OF_EDITORS = "/mes-evenements"
SECOND_STEP = "/connexion/etape"
WAYS_IN = "/compte/securite"
CONFIRM = "/compte/confirmer"


async def signed_in(request: Request, user: User, following: str, *, by: str) -> Response:
    """Open a fresh session (an older one of this browser ends) and go to `following`.

    Every way in ends here. `by` is the factor that was just passed: a `Factor`, or "oidc:<name>" for
    an identity provider. What the browser's own session of the same person had passed stays. When
    the account has a second factor that wasn't passed, the answer is the second step instead.
    """
    actor = await actor_of(request)
    factors = {by} | (actor.factors if actor.user_id == user.id else frozenset())
    if has_second(factors) or not await has_any(user.id):
        return await entered(request, user, following, factors)
    await _leave(request)
    token = await steps.begin(user.id, factors, following)
    answer = RedirectResponse(SECOND_STEP, status_code=303)
    return _with_token(request, answer, token, steps.LASTS)


async def entered(request: Request, user: User, following: str, factors: Iterable[str]) -> Response:
    """Open a fresh session and go to `following`; or where a role that sleeps is woken."""
    token = await renew(request, user, factors)
    asleep = (await actor_of(request)).asleep
    answer = RedirectResponse(WAYS_IN if asleep else following, status_code=303)
    return _with_token(request, answer, token, ABSOLUTE)


async def renew(request: Request, user: User, factors: Iterable[str]) -> str:
    """Open a fresh session in place of this browser's older one, for the rest of this request too.

    Returns its token, which the answer must carry (`carrying`).
    """
    await _leave(request)
    words = words_of(request.headers.get("user-agent", ""))
    token = await open_session(user, words, factors)
    request.state.actor = await actor_from_token(token)
    return token


def carrying(request: Request, answer: Response, token: str) -> Response:
    """Return `answer` with the cookie of a session that `renew` opened."""
    return _with_token(request, answer, token, ABSOLUTE)


async def fresh_or_sent(request: Request, following: str = "") -> Response | None:
    """Return None when who asks proved who they are a moment ago; else the way to do it.

    It leads back to this address, or to `following` where a form alone is answered. Whatever changes the ways into an account, ends it or hands all of it out asks this first.
    """
    proved = (await actor_of(request)).proved_at
    if proved is not None and datetime.now(UTC) - proved < FRESH:
        return None
    back = quote(following or request.url.path, safe="/")
    return RedirectResponse(f"{CONFIRM}?next={back}", status_code=303)


def login_page(request: Request, following: str, email: str = "", error: str = "") -> Response:
    """Return the page with the ways in that this site has; `error` says why one didn't open."""
    settings = site_of(request).settings
    context = {
        "next": following,
        "email": email,
        "error": error,
        "letters": settings.smtp_url is not None,
        "open": settings.open_registration,
        "passkeys": place_of(settings) is not None,
        "expired": request.query_params.get("fait") == "etape",
        "providers": settings.oidc_providers,
    }
    return render(request, "people/login.html", context, 422 if error else 200)


def safe_path(path: str) -> str:
    """Return `path` when it leads into this site, else the editors' home; no open redirect."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and "\\" not in path else HOME_OF_EDITORS


def token_of(request: Request) -> str:
    """Return what the browser's cookie holds: a session's token, or a second step's; "" for none."""
    return request.cookies.get(site_of(request).cookie, "")


async def _leave(request: Request) -> None:
    token = token_of(request)
    if token:
        await close_session(token)
        await steps.end(token)
    principal = request.cookies.get(principal_cookie(request))
    if principal:
        await end_principal(principal)


def _with_token(request: Request, answer: Response, token: str, lasts: timedelta) -> Response:
    site = site_of(request)
    answer.set_cookie(
        site.cookie,
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=site.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return answer
