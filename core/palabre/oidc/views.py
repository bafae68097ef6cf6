"""Pages to come in by an identity provider, and to add one to an account."""

import secrets as random
from datetime import timedelta

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import NotFound, PalabreError, Refused
from palabre.i18n import gettext as _
from palabre.oidc import domain
from palabre.oidc.passages import away
from palabre.oidc.values import Door, Identity, Journey, Secrets, Unreachable, Untrusted
from palabre.people.domain import hash_of
from palabre.people.entering import fresh_or_sent, safe_path, signed_in
from palabre.people.models import User
from palabre.web.language import prefix
from palabre.web.limits import Limit, address_of, take
from palabre.web.site import Site, actor_of, form_of, site_of
from palabre.web.templates import render

USES = Limit("identity providers from an address", 120, timedelta(minutes=15))
NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}

log = structlog.get_logger()


async def start(request: Request) -> Response:
    """POST leads to the provider, and after it to `next`, a path of this site."""
    form = await form_of(request)
    invitation = str(form.get("invitation") or "")
    journey = Journey(
        _door(request).provider.id,
        prefix() + safe_path(str(form.get("next") or "")),
        invitation=hash_of(invitation) if invitation else None,
    )
    return await _depart(request, journey)


async def arrival(request: Request) -> Response:
    """GET is where the provider sends the browser back to: it opens a session, or says why not."""
    door, site = _door(request), site_of(request)
    await take(USES, address_of(request))
    token = request.cookies.get(_cookie(site), "")
    try:
        journey, identity = await _heard(request, door, Secrets(token), token)
        user = await _admitted(request, door, journey, identity)
    except PalabreError as error:
        answer = await _failed(request, door, error)
    else:
        if journey.user_id is None:
            by = f"oidc:{door.provider.id}"
            answer = await signed_in(request, user, journey.following, by=by)
        else:
            answer = RedirectResponse(journey.following, status_code=303)
    answer.delete_cookie(_cookie(site), secure=site.settings.secure, httponly=True, samesite="lax")
    return answer


async def change(request: Request) -> Response:
    """POST adds the provider to the account of whoever is signed in, or takes it off."""
    door, actor = _door(request), await actor_of(request)
    sent = await fresh_or_sent(request, "/compte")
    if sent:
        return sent
    if (await form_of(request)).get("do") == "remove":
        user = await User.get(id=actor.user_id)
        await domain.unlink(site_of(request).settings, user, door.provider.id)
        return RedirectResponse("/compte?fait=fournisseur-retire", status_code=303)
    following = f"{prefix()}/compte?fait=fournisseur"
    return await _depart(request, Journey(door.provider.id, following, user_id=actor.user_id))


async def left(request: Request) -> Response:
    """GET says that one is signed out: where a provider sends back to."""
    actor = await actor_of(request)
    if actor.user_id is not None:
        return RedirectResponse("/", status_code=303)
    return render(request, "oidc/left.html")


async def _depart(request: Request, journey: Journey) -> Response:
    door, site = _door(request), site_of(request)
    await take(USES, address_of(request))
    token = await domain.begin(journey)
    try:
        address = await door.authorization_url(_back(site, door), Secrets(token))
    except (Unreachable, Untrusted) as error:
        return await _failed(request, door, error)
    answer = away(request, door.provider.title, address)
    answer.set_cookie(
        _cookie(site),
        token,
        max_age=int(domain.JOURNEY_LASTS.total_seconds()),
        path="/",
        secure=site.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _heard(
    request: Request, door: Door, secrets: Secrets, token: str
) -> tuple[Journey, Identity]:
    """Return the journey that ends here and who the provider says has made it."""
    said = request.query_params
    state = said.get("state", "").encode()
    if not token or not random.compare_digest(state, secrets.state.encode()):
        raise NotFound(
            _(
                "Cette connexion n’a pas commencé dans ce navigateur, ou il y a longtemps : recommencez."
            )
        )
    journey = await domain.arrive(token, door.provider.id)
    await door.check_sender(said.get("iss"))
    fault = said.get("error", "")
    if fault in {"access_denied", "login_required", "interaction_required"}:
        raise Refused(
            _("Vous n’êtes pas allé·e au bout chez {title} : rien n’a été changé.").format(
                title=door.provider.title
            )
        )
    if fault in {"temporarily_unavailable", "server_error"}:
        raise Unreachable(fault)
    if fault or not said.get("code"):
        raise Untrusted(f"error {fault[:40]!r}")
    back = _back(site_of(request), door)
    return journey, await door.identify(back, said["code"], secrets)


async def _admitted(request: Request, door: Door, journey: Journey, identity: Identity) -> User:
    actor = await actor_of(request)
    if journey.user_id is not None and journey.user_id != actor.user_id:
        raise Refused(_("Vous n’êtes plus connecté·e au même compte : rien n’a été changé."))
    try:
        return await domain.admit(site_of(request).settings, journey, identity, door.provider.title)
    except Refused:
        await domain.refused(door.provider.id)
        raise


async def _failed(request: Request, door: Door, error: PalabreError) -> Response:
    """Say what happened and that the other ways in are open; details go to the log."""
    title, status, message = door.provider.title, 403, error.message
    if isinstance(error, Unreachable | Untrusted):
        log.warning("oidc", provider=door.provider.id, reason=error.message)
        status, message = 502, _("{title} a donné une réponse inattendue.").format(title=title)
    if isinstance(error, Unreachable):
        status, message = 503, _("{title} ne répond pas pour le moment.").format(title=title)
    if isinstance(error, NotFound):
        status = 400
    await actor_of(request)
    context = {"title": title, "message": message, "status": status}
    return render(request, "oidc/failed.html", context, status, NO_STORE)


def _door(request: Request) -> Door:
    door = site_of(request).doors.get(request.path_params["provider"])
    if door is None:
        raise NotFound(_("Il n’y a rien à cette adresse."))
    return door


def _back(site: Site, door: Door) -> str:
    return f"{site.settings.origin}/connexion/avec/{door.provider.id}/retour"


def _cookie(site: Site) -> str:
    return f"{site.cookie}-oidc"
