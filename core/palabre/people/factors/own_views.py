"""The pages of one's own second factors."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people.devices import words_of
from palabre.people.entering import WAYS_IN, carrying, fresh_or_sent, renew
from palabre.people.factors import application, methods, passkeys, recovery_codes, totp
from palabre.people.factors.values import SECOND, Factor, has_second
from palabre.people.models import User
from palabre.vault import Vault
from palabre.web.limits import Limit, forgive, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

APPLICATION = f"{WAYS_IN}/application"
TRIES = Limit("first code of an application", 10, timedelta(minutes=15))
DONE = {
    "application": marked("L’application est ajoutée. Elle sera demandée à chaque connexion."),
    "retrait-application": marked("L’application est retirée."),
    "cle": marked("La clé d’accès est ajoutée."),
    "retrait-cle": marked("La clé d’accès est retirée."),
}
NO_STORE = {"cache-control": "no-store"}


async def ways_in(request: Request) -> Response:
    """GET shows one's second factors, POST changes what the form's `do` names."""
    user = await _self(request)
    if request.method != "POST":
        return await _page(request, user)
    sent = await fresh_or_sent(request)
    if sent:
        return sent
    form = await form_of(request)
    change = _CHANGES.get(str(form.get("do")))
    if change is None:
        raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))
    try:
        return await change(request, user, form)
    except Refused as error:
        return await _page(request, user, {error.field or "": error.message})


async def add_application(request: Request) -> Response:
    """GET shows the QR code of the application to add, POST takes its first code."""
    sent = await fresh_or_sent(request)
    if sent:
        return sent
    user = await _self(request)
    settings = site_of(request).settings
    secret = await application.begun(Vault.of(settings), user.id)
    if secret is None:
        return RedirectResponse(WAYS_IN, status_code=303)
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        await take(TRIES, str(user.id))
        code = str((await form_of(request)).get("code") or "")
        try:
            codes = await methods.add_application(settings, user, code)
        except Refused as error:
            errors = {error.field or "": error.message}
        else:
            await forgive(TRIES, str(user.id))
            return await _changed(request, user, "application", Factor.TOTP, codes)
    address = totp.address_of(secret, user.email, settings.site_name)
    key = totp.key_of(secret)
    context = {
        "address": address,
        "image": totp.qr_code(address),
        "key": " ".join(key[i : i + 4] for i in range(0, len(key), 4)),
        "errors": errors,
    }
    return render(request, "people/application.html", context, 422 if errors else 200, NO_STORE)


async def passkey_question(request: Request) -> Response:
    """POST gives what a browser needs to make a passkey."""
    sent = await fresh_or_sent(request)
    if sent:
        return sent
    place = passkeys.place_of(site_of(request).settings)
    if place is None:
        raise NotFound(_("Les clés d’accès ne marchent que sur un site en https."))
    text = await passkeys.registration(place, await _self(request))
    return Response(text, media_type="application/json", headers=NO_STORE)


async def _begin(request: Request, user: User, _form: FormData) -> Response:
    await application.begin(Vault.of(site_of(request).settings), user.id)
    return RedirectResponse(APPLICATION, status_code=303)


async def _remove_application(request: Request, user: User, _form: FormData) -> Response:
    await methods.remove_application(site_of(request).settings, user)
    return await _changed(request, user, "retrait-application")


async def _add_passkey(request: Request, user: User, form: FormData) -> Response:
    settings = site_of(request).settings
    place = passkeys.place_of(settings)
    if place is None:
        raise Refused(_("Les clés d’accès ne marchent que sur un site en https."))
    name = str(form.get("name") or "") or words_of(request.headers.get("user-agent", ""))
    answer = str(form.get("credential") or "")
    codes = await methods.add_passkey(settings, place, user, answer, name)
    return await _changed(request, user, "cle", Factor.PASSKEY, codes)


async def _remove_passkey(request: Request, user: User, form: FormData) -> Response:
    try:
        handle = UUID(str(form.get("handle")))
    except ValueError as error:
        raise Refused(_("Cette clé d’accès n’est plus dans votre compte.")) from error
    await methods.remove_passkey(site_of(request).settings, user, handle)
    return await _changed(request, user, "retrait-cle")


async def _codes(request: Request, user: User, _form: FormData) -> Response:
    codes = await methods.renew_codes(site_of(request).settings, user)
    return render(request, "people/codes.html", {"codes": codes}, headers=NO_STORE)


_CHANGES: Mapping[str, Callable[[Request, User, FormData], Awaitable[Response]]] = {
    "begin": _begin,
    "remove-application": _remove_application,
    "passkey": _add_passkey,
    "remove-passkey": _remove_passkey,
    "codes": _codes,
}


async def _changed(
    request: Request,
    user: User,
    done: str,
    passed: Factor | None = None,
    codes: list[str] | None = None,
) -> Response:
    """Go on in a fresh session, since all have ended; show new recovery codes, if any, this once."""
    factors = (await actor_of(request)).factors | ({passed} if passed else frozenset())
    if not await methods.has_any(user.id):
        factors -= SECOND  # what was passed is gone, and its roles sleep again where they ask
    token = await renew(request, user, factors)
    answer: Response = RedirectResponse(f"{WAYS_IN}?fait={done}", status_code=303)
    if codes:
        answer = render(request, "people/codes.html", {"codes": codes}, headers=NO_STORE)
    return carrying(request, answer, token)


async def _self(request: Request) -> User:
    return await User.get(id=(await actor_of(request)).user_id)


async def _page(request: Request, user: User, errors: Mapping[str, str] | None = None) -> Response:
    actor = await actor_of(request)
    context = {
        "user": user,
        "methods": await methods.methods_of(user.id),
        "few": recovery_codes.FEW,
        "possible": passkeys.place_of(site_of(request).settings) is not None,
        "asleep": actor.asleep,
        "passed": has_second(actor.factors),
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": errors or {},
    }
    return render(request, "people/ways_in.html", context, 422 if errors else 200, NO_STORE)
