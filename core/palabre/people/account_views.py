"""The page of one's own account: name and language, password, devices."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Refused
from palabre.i18n import LANGUAGES, marked
from palabre.i18n import gettext as _
from palabre.oidc.domain import linked_to
from palabre.people.account import change_password, update_profile
from palabre.people.entering import fresh_or_sent, signed_in
from palabre.people.factors.methods import has_any
from palabre.people.factors.values import Factor
from palabre.people.models import User
from palabre.people.sessions import devices_of, end_device, end_other_devices
from palabre.privacy.erasure import wish_of
from palabre.web.limits import Limit, forgive, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

OWN = "/compte"
TRIES = Limit("old password", 10, timedelta(minutes=15))
DONE = {
    "inscription": marked(
        "Votre compte est ouvert. Pour proposer des événements, demandez une invitation à votre"
        " organisation."
    ),
    "adresse": marked("Votre adresse est changée. Vos autres appareils devront se reconnecter."),
    "nom": marked("C’est enregistré."),
    "mot-de-passe": marked(
        "Votre mot de passe est changé. Vos autres appareils devront se reconnecter."
    ),
    "fournisseur": marked("C’est ajouté : vous pourrez entrer par là."),
    "fournisseur-retire": marked("C’est retiré : on n’entre plus par là."),
    "appareil": marked("Cet appareil est déconnecté."),
    "appareils": marked("Vos autres appareils sont déconnectés."),
}


async def account(request: Request) -> Response:
    """GET shows one's account, POST changes what the form's `do` names."""
    user = await User.get(id=(await actor_of(request)).user_id)
    if request.method != "POST":
        return await _page(request, user)
    form = await form_of(request)
    change = _CHANGES.get(str(form.get("do")))
    if change is None:
        raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))
    try:
        return await change(request, user, form)
    except Refused as error:
        said = {name: str(form.get(name) or "")[:200] for name in ("display_name", "language")}
        return await _page(request, user, said, {error.field or "": error.message})


async def _profile(_request: Request, user: User, form: FormData) -> Response:
    await update_profile(
        user.id, str(form.get("display_name") or ""), str(form.get("language") or "")
    )
    return _done("nom")


async def _password(request: Request, user: User, form: FormData) -> Response:
    sent = await fresh_or_sent(request) if await has_any(user.id) else None
    if sent:
        return sent
    await take(TRIES, str(user.id))
    settings = site_of(request).settings
    old, new = (str(form.get(name) or "") for name in ("old", "password"))
    await change_password(settings, user, old, new)
    await forgive(TRIES, str(user.id))
    return await signed_in(request, user, f"{OWN}?fait=mot-de-passe", by=Factor.PASSWORD)


async def _device(_request: Request, user: User, form: FormData) -> Response:
    try:
        handle = UUID(str(form.get("handle")))
    except ValueError as error:
        raise Refused(_("Cet appareil n’est plus connecté.")) from error
    await end_device(user.id, handle)
    return _done("appareil")


async def _others(request: Request, user: User, _form: FormData) -> Response:
    await end_other_devices(user.id, _token(request))
    return _done("appareils")


_CHANGES: Mapping[str, Callable[[Request, User, FormData], Awaitable[Response]]] = {
    "profile": _profile,
    "password": _password,
    "device": _device,
    "others": _others,
}


def _done(what: str) -> Response:
    return RedirectResponse(f"{OWN}?fait={what}", status_code=303)


def _token(request: Request) -> str:
    return request.cookies.get(site_of(request).cookie, "")


async def _page(
    request: Request,
    user: User,
    said: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    given = said or {}
    context = {
        "user": user,
        "display_name": given.get("display_name") or user.display_name,
        "written_language": given.get("language") or user.language,
        "written_languages": list(LANGUAGES.items()),
        "devices": await devices_of(user.id, _token(request)),
        "letters": site_of(request).settings.smtp_url is not None,
        "providers": site_of(request).settings.oidc_providers,
        "linked": {linked.provider: linked for linked in await linked_to(user.id)},
        "erasure": await wish_of(user.id),
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": errors or {},
    }
    headers = {"cache-control": "no-store"}
    return render(request, "people/account.html", context, 422 if errors else 200, headers)
