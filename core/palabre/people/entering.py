"""The last step of every way in: a fresh session in this browser, and on to a page of the site."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.people.devices import words_of
from palabre.people.models import User
from palabre.people.sessions import ABSOLUTE, close_session, open_session
from palabre.web.site import actor_of, site_of

HOME_OF_EDITORS = "/mes-evenements"


async def signed_in(request: Request, user: User, following: str, *, by: str) -> Response:
    """Open a fresh session (an older one of this browser ends) and go to `following`.

    Every way in ends here. `by` is the factor that was just passed: a `Factor`, or "oidc:<name>" for
    an identity provider. What the browser's own session of the same person had passed stays.
    """
    site, actor = site_of(request), await actor_of(request)
    factors = {by} | (actor.factors if actor.user_id == user.id else frozenset())
    before = request.cookies.get(site.cookie)
    if before:
        await close_session(before)
    response = RedirectResponse(following, status_code=303)
    response.set_cookie(
        site.cookie,
        await open_session(user, words_of(request.headers.get("user-agent", "")), factors),
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        secure=site.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def safe_path(path: str) -> str:
    """Return `path` when it leads into this site, else the editors' home; no open redirect."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and "\\" not in path else HOME_OF_EDITORS
