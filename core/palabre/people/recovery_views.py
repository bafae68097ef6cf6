"""Pages to come in by mail: ask for a link, then use it by a form.

Opening a link changes nothing, since mail scanners open links; the form's button does.
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people import recovery
from palabre.people.entering import HOME_OF_EDITORS, signed_in
from palabre.people.factors.values import Factor
from palabre.people.ways_in import Purpose
from palabre.settings import Settings
from palabre.web.limits import Limit, address_of, take
from palabre.web.site import form_of, site_of
from palabre.web.templates import render

PER_ACCOUNT = Limit("letters to an address", 5, timedelta(hours=1))
PER_ADDRESS = Limit("letters asked from an address", 30, timedelta(hours=1))
USES = Limit("links used from an address", 60, timedelta(minutes=15))
NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


async def forgotten(request: Request) -> Response:
    """GET asks for an address, POST sends it a link to choose a new password."""
    return await _ask(request, Purpose.RESET)


async def ask_link(request: Request) -> Response:
    """GET asks for an address, POST sends it a link to sign in."""
    return await _ask(request, Purpose.LINK)


async def use_link(request: Request) -> Response:
    """GET shows whose link this is, POST signs in with it."""
    token = request.path_params["token"]
    await take(USES, address_of(request))
    if request.method != "POST":
        user = await recovery.user_of(Purpose.LINK, token)
        return render(request, "people/link.html", {"email": user.email}, headers=NO_STORE)
    user = await recovery.sign_in(token)
    return await signed_in(request, user, HOME_OF_EDITORS, by=Factor.LINK)


async def reset(request: Request) -> Response:
    """GET asks for a new password, POST sets it and ends all the account's sessions."""
    token = request.path_params["token"]
    await take(USES, address_of(request))
    user = await recovery.user_of(Purpose.RESET, token)
    context = {"email": user.email, "errors": {}, "done": False}
    if request.method != "POST":
        return render(request, "people/reset.html", context, headers=NO_STORE)
    form = await form_of(request)
    try:
        password = str(form.get("password") or "")
        await recovery.reset_password(site_of(request).settings, token, password)
    except Refused as error:
        context["errors"] = {error.field or "": error.message}
        return render(request, "people/reset.html", context, 422, NO_STORE)
    return render(request, "people/reset.html", context | {"done": True}, headers=NO_STORE)


async def _ask(request: Request, purpose: Purpose) -> Response:
    settings = _with_mail(request)
    context = {"purpose": purpose, "email": "", "sent": False, "errors": {}}
    if request.method != "POST":
        return render(request, "people/ask.html", context)
    form = await form_of(request)
    email = str(form.get("email") or "")[:254]
    await take(PER_ADDRESS, address_of(request))
    await take(PER_ACCOUNT, purpose, email.strip().lower())
    try:
        await recovery.ask(settings, purpose, email)
    except Refused as error:
        context |= {"email": email, "errors": {"email": error.message}}
        return render(request, "people/ask.html", context, 422)
    return render(request, "people/ask.html", context | {"email": email.strip(), "sent": True})


def _with_mail(request: Request) -> Settings:
    settings = site_of(request).settings
    if settings.smtp_url is None:
        raise NotFound(
            _("Ce site n’envoie pas de courriels : demandez un nouveau lien à son équipe.")
        )
    return settings
