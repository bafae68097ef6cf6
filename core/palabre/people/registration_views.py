"""Pages to open an account by oneself, on sites that allow it; elsewhere there is nothing here."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people import registration
from palabre.people.domain import MAX_NAME
from palabre.people.entering import signed_in
from palabre.people.factors.values import Factor
from palabre.settings import Settings
from palabre.web.limits import Limit, address_of, take
from palabre.web.site import form_of, site_of
from palabre.web.templates import render

PER_ACCOUNT = Limit("registrations of an address", 5, timedelta(hours=1))
PER_ADDRESS = Limit("registrations from an address", 30, timedelta(hours=1))
USES = Limit("registration links from an address", 60, timedelta(minutes=15))
NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


async def ask(request: Request) -> Response:
    """GET asks for an address, POST sends it a link."""
    settings = _open(request)
    context = {"email": "", "sent": False, "errors": {}}
    if request.method != "POST":
        return render(request, "people/register.html", context)
    form = await form_of(request)
    email = str(form.get("email") or "")[:254]
    await take(PER_ADDRESS, address_of(request))
    await take(PER_ACCOUNT, email.strip().lower())
    try:
        await registration.ask(settings, email)
    except Refused as error:
        context |= {"email": email, "errors": {"email": error.message}}
        return render(request, "people/register.html", context, 422)
    return render(request, "people/register.html", context | {"email": email.strip(), "sent": True})


async def confirm(request: Request) -> Response:
    """GET asks for a name and a password, POST opens the account and signs in."""
    _open(request)
    token = request.path_params["token"]
    await take(USES, address_of(request))
    context = {"email": await registration.address_of(token), "display_name": "", "errors": {}}
    if request.method != "POST":
        return render(request, "people/confirm.html", context, headers=NO_STORE)
    form = await form_of(request)
    name, password = (str(form.get(field) or "") for field in ("display_name", "password"))
    try:
        user = await registration.register(token, name, password)
    except Refused as error:
        context |= {"display_name": name[:MAX_NAME], "errors": {error.field or "": error.message}}
        return render(request, "people/confirm.html", context, 422, NO_STORE)
    return await signed_in(request, user, "/compte?fait=inscription", by=Factor.REGISTRATION)


def _open(request: Request) -> Settings:
    settings = site_of(request).settings
    if not settings.open_registration:
        raise NotFound(_("Sur ce site, on entre par invitation."))
    return settings
