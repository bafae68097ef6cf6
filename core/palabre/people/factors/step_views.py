"""Pages that ask for a factor: the second step, a passkey alone, a fresh proof."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people.entering import (
    CONFIRM,
    SECOND_STEP,
    carrying,
    entered,
    login_page,
    renew,
    safe_path,
    token_of,
)
from palabre.people.factors import application, methods, passkeys, steps
from palabre.people.factors.passkeys import Copied, Place, Purpose
from palabre.people.factors.steps import Step
from palabre.people.factors.values import Factor
from palabre.people.models import User
from palabre.people.passwords import verify_password
from palabre.vault import Vault
from palabre.web.limits import Limit, address_of, forgive, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

# A stranger who knows the password has five guesses among a million codes, and thirty a day.
TRIES = Limit("second factor", 5, timedelta(minutes=15))
TRIES_A_DAY = Limit("second factor by day", 30, timedelta(days=1))
QUESTIONS = Limit("passkey questions to an address", 120, timedelta(minutes=15))
ANSWERS = Limit("passkey answers from an address", 60, timedelta(minutes=15))
NO_STORE = {"cache-control": "no-store"}


async def second_step(request: Request) -> Response:
    """GET asks for the second factor, POST takes it and opens the session."""
    step = await steps.step_of(token_of(request))
    if step is None:
        return _again()
    user = await User.get(id=step.user_id)
    if request.method != "POST":
        return await _ask(request, user, {})
    try:
        factor = await _prove(request, user, Purpose.STEP)
    except Refused as error:
        return await _ask(request, user, {error.field or "": error.message})
    if not await steps.end(token_of(request)):
        return _again()
    return await entered(request, user, step.following, step.factors | {factor})


async def confirm(request: Request) -> Response:
    """GET asks a signed-in person to prove again who they are, POST takes it and goes on."""
    actor = await actor_of(request)
    user = await User.get(id=actor.user_id)
    following = safe_path(request.query_params.get("next", ""))
    if request.method != "POST":
        return await _ask(request, user, {}, following)
    following = safe_path(str((await form_of(request)).get("next") or ""))
    try:
        factor = await _prove(request, user, Purpose.PROVE)
    except Refused as error:
        return await _ask(request, user, {error.field or "": error.message}, following)
    token = await renew(request, user, actor.factors | {factor})
    return carrying(request, RedirectResponse(following, status_code=303), token)


async def enter_by_passkey(request: Request) -> Response:
    """POST signs in with a passkey alone."""
    place = _place(request)
    await take(ANSWERS, address_of(request))
    form = await form_of(request)
    following = safe_path(str(form.get("next") or ""))
    try:
        user_id = await passkeys.verified(place, Purpose.ENTER, str(form.get("credential") or ""))
    except Refused as error:
        await _warn(request, error)
        return login_page(request, following, error=error.message)
    user = await User.get(id=user_id)
    return await entered(request, user, following, {Factor.PASSKEY})


async def enter_question(request: Request) -> Response:
    """POST gives what a browser needs to ask for any passkey of this site."""
    await take(QUESTIONS, address_of(request))
    return _json(await passkeys.question(_place(request), Purpose.ENTER))


async def step_question(request: Request) -> Response:
    """POST gives what a browser needs to ask for a passkey of who is at the second step."""
    step = await _step(request)
    await take(QUESTIONS, address_of(request))
    return _json(await passkeys.question(_place(request), Purpose.STEP, step.user_id))


async def confirm_question(request: Request) -> Response:
    """POST gives what a browser needs to ask for one of one's own passkeys."""
    await take(QUESTIONS, address_of(request))
    user_id = (await actor_of(request)).user_id
    return _json(await passkeys.question(_place(request), Purpose.PROVE, user_id))


async def _prove(request: Request, user: User, purpose: Purpose) -> Factor:
    """Return the factor that the form proves; raises Refused, TooMany after too many tries."""
    form, settings = await form_of(request), site_of(request).settings
    given = {name: str(form.get(name) or "") for name in ("credential", "code", "recovery")}
    subject = str(user.id)
    await take(TRIES, subject)
    await take(TRIES_A_DAY, subject)
    if given["credential"]:
        try:
            await passkeys.verified(_place(request), purpose, given["credential"], user.id)
        except Refused as error:
            await _warn(request, error)
            raise
        factor = Factor.PASSKEY
    elif given["code"]:
        await application.prove(Vault.of(settings), user.id, given["code"])
        factor = Factor.TOTP
    elif given["recovery"]:
        await methods.use_code(settings, user, given["recovery"])
        factor = Factor.RECOVERY
    elif purpose is Purpose.PROVE and not await methods.has_any(user.id):
        await _check_password(user, str(form.get("password") or ""))
        factor = Factor.PASSWORD
    else:
        raise Refused(_("Tapez un code, ou prenez votre clé d’accès."))
    await forgive(TRIES, subject)
    return factor


async def _check_password(user: User, password: str) -> None:
    if not await verify_password(user.password_hash, password):
        raise Refused(_("Ce n’est pas votre mot de passe actuel."), "password")


async def _warn(request: Request, error: Refused) -> None:
    """Tell somebody by mail that their passkey may have been copied."""
    if isinstance(error, Copied):
        user = await User.get(id=error.user_id)
        await methods.tell(site_of(request).settings, user, methods.COPIED)


async def _ask(
    request: Request, user: User, errors: Mapping[str, str], following: str | None = None
) -> Response:
    """Show the page that asks; `following` says that it asks a signed-in person again."""
    context = {
        "user": user,
        "methods": await methods.methods_of(user.id),
        "possible": passkeys.place_of(site_of(request).settings) is not None,
        "here": CONFIRM if following is not None else SECOND_STEP,
        "again": following is not None,
        "next": following or "",
        "errors": errors,
    }
    return render(request, "people/step.html", context, 422 if errors else 200, NO_STORE)


async def _step(request: Request) -> Step:
    step = await steps.step_of(token_of(request))
    if step is None:
        raise Denied(_("La deuxième étape a expiré : connectez-vous de nouveau."))
    return step


def _again() -> Response:
    return RedirectResponse("/connexion?fait=etape", status_code=303)


def _place(request: Request) -> Place:
    place = passkeys.place_of(site_of(request).settings)
    if place is None:
        raise NotFound(_("Les clés d’accès ne marchent que sur un site en https."))
    return place


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=NO_STORE)
