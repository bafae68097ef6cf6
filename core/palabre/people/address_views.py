"""Pages to change the address of one's own account."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people import addresses
from palabre.people.entering import fresh_or_sent
from palabre.people.factors.methods import has_any
from palabre.people.models import User
from palabre.privacy.own import prove
from palabre.settings import Settings
from palabre.web.limits import Limit, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

PER_ACCOUNT = Limit("changes of address", 10, timedelta(days=1))
PER_ADDRESS = Limit("changes to an address", 5, timedelta(hours=1))
NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


async def ask(request: Request) -> Response:
    """GET asks for the new address, POST sends it a link."""
    settings, actor = _with_mail(request), await actor_of(request)
    user = await User.get(id=actor.user_id)
    context = {"user": user, "email": "", "sent": False, "errors": {}}
    if request.method != "POST":
        return render(request, "people/address.html", context, headers=NO_STORE)
    # the form asks for the password; a second factor, where there is one, comes first
    sent = await fresh_or_sent(request) if await has_any(user.id) else None
    if sent:
        return sent
    form = await form_of(request)
    email = str(form.get("email") or "")[:254]
    context["email"] = email.strip()
    await take(PER_ACCOUNT, str(user.id))
    await take(PER_ADDRESS, email.strip().lower())
    try:
        await prove(actor, user, str(form.get("password") or ""))
        await addresses.ask(settings, user, email)
    except Refused as error:
        context["errors"] = {error.field or "": error.message}
        return render(request, "people/address.html", context, 422, NO_STORE)
    return render(request, "people/address.html", context | {"sent": True}, headers=NO_STORE)


async def confirm(request: Request) -> Response:
    """GET shows the new address, POST takes it."""
    settings, actor = _with_mail(request), await actor_of(request)
    user, token = await User.get(id=actor.user_id), request.path_params["token"]
    context = {"user": user, "email": await addresses.address_of(user, token), "errors": {}}
    if request.method != "POST":
        return render(request, "people/address-confirm.html", context, headers=NO_STORE)
    try:
        session = request.cookies.get(site_of(request).cookie, "")
        await addresses.change(settings, user, token, session)
    except Refused as error:
        context["errors"] = {"": error.message}
        return render(request, "people/address-confirm.html", context, 422, NO_STORE)
    return RedirectResponse("/compte?fait=adresse", status_code=303)


def _with_mail(request: Request) -> Settings:
    settings = site_of(request).settings
    if settings.smtp_url is None:
        raise NotFound(
            _("Ce site n’envoie pas de courriels : l’adresse ne peut pas être confirmée.")
        )
    return settings
