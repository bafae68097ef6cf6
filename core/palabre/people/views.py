"""Pages to come in and to leave: login, logout, invitation."""

from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Refused
from palabre.oidc.passages import leaving
from palabre.people import domain
from palabre.people.entering import HOME_OF_EDITORS, login_page, safe_path, signed_in
from palabre.people.factors.values import Factor
from palabre.people.models import User
from palabre.people.permissions import ANONYMOUS
from palabre.people.sessions import close_session
from palabre.web.limits import Limit, address_of, forgive, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

# A school or a town hall shares one address; a thief tries many accounts, or one from many places.
BY_ADDRESS = Limit("login by address", 100, timedelta(minutes=15))
BY_ACCOUNT = Limit("login by account", 50, timedelta(minutes=15))
BY_BOTH = Limit("login by both", 10, timedelta(minutes=15))


async def login(request: Request) -> Response:
    """GET shows the form, POST signs in and goes on to `next`, a path of this site."""
    if request.method != "POST":
        return login_page(request, safe_path(request.query_params.get("next", "")))
    form = await form_of(request)
    async with site_of(request).logins:
        return await _checked(request, form)


async def _checked(request: Request, form: FormData) -> Response:
    following = safe_path(str(form.get("next", "")))
    email = str(form.get("email", ""))[:254]
    subject = (email.strip().lower(), address_of(request))
    await take(BY_ADDRESS, subject[1])
    await take(BY_ACCOUNT, subject[0])
    await take(BY_BOTH, *subject)
    try:
        user = await domain.authenticate(email, str(form.get("password", "")))
    except Refused as error:
        return login_page(request, following, email, error.message)
    await forgive(BY_BOTH, *subject)
    return await signed_in(request, user, following, by=Factor.PASSWORD)


async def logout(request: Request) -> Response:
    """POST ends this browser's session, and the one at the provider that it came from."""
    site, actor = site_of(request), await actor_of(request)
    token = request.cookies.get(site.cookie)
    if token:
        await close_session(token)
    request.state.actor = ANONYMOUS
    response = await leaving(request, actor) or RedirectResponse("/", status_code=303)
    response.delete_cookie(site.cookie, secure=site.settings.secure, httponly=True, samesite="lax")
    return response


async def invitation(request: Request) -> Response:
    """GET shows who invites to what, POST creates the account (or adds the role) and signs in."""
    token = request.path_params["token"]
    found = await domain.pending_invitation(token)
    known, actor = await User.get_or_none(email=found.email), await actor_of(request)
    context = {
        "email": found.email,
        "organisation": found.organisation.name if found.organisation else "",
        "role": found.role,
        "site_roles": found.site_roles,
        "giver": found.hands_over.display_name if found.hands_over else "",
        "known": known is not None,
        "here": known is not None and known.id == actor.user_id,
        "display_name": "",
        "token": token,
        "providers": site_of(request).settings.oidc_providers,
        "errors": {},
    }
    if request.method != "POST":
        return render(request, "people/invitation.html", context)
    form = await form_of(request)
    name, password = str(form.get("display_name", "")), str(form.get("password", ""))
    await take(BY_BOTH, found.email, address_of(request))
    try:
        user = await domain.accept_invitation(token, name, password, actor.user_id)
    except Refused as error:
        faults = {error.field or "": error.message}
        context |= {"display_name": name[: domain.MAX_NAME], "errors": faults}
        return render(request, "people/invitation.html", context, status=422)
    return await signed_in(request, user, HOME_OF_EDITORS, by=Factor.INVITATION)
