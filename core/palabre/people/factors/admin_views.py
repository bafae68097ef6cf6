"""The administrators' page: which roles ask for a second factor, and help for who lost theirs."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import NotFound, Refused
from palabre.explaining.labels import ROLES
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people.entering import fresh_or_sent
from palabre.people.factors import methods, required
from palabre.people.models import SiteRole
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

PATH = "/administration/connexion"
NO_STORE = {"cache-control": "no-store"}
LABELS: Mapping[str, str] = {
    SiteRole.ADMINISTRATOR: marked("administratrice ou administrateur du site"),
    SiteRole.MODERATOR: marked("modératrice ou modérateur du site"),
    **{str(role): words for role, words in ROLES.items()},
}
DONE = {
    "roles": marked("C’est enregistré."),
    "retrait": marked(
        "Les deuxièmes étapes de ce compte sont retirées, ses appareils déconnectés ; la personne en est informée par courriel."
    ),
}


async def ways_in(request: Request) -> Response:
    """GET shows the rules, POST changes them or resets an account, as the form's `do` says."""
    if request.method != "POST":
        return await _page(request)
    sent = await fresh_or_sent(request)
    if sent:
        return sent
    form = await form_of(request)
    change = _CHANGES.get(str(form.get("do")))
    if change is None:
        raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))
    email = str(form.get("email") or "")[:254]
    try:
        done = await change(request, form)
    except NotFound as error:
        return await _page(request, email, {"email": error.message})
    except Refused as error:
        return await _page(request, email, {error.field or "": error.message})
    return RedirectResponse(f"{PATH}?fait={done}", status_code=303)


async def _roles(request: Request, form: FormData) -> str:
    await required.require(await actor_of(request), map(str, form.getlist("roles")))
    return "roles"


async def _reset(request: Request, form: FormData) -> str:
    if form.get("checked") != "1":
        raise Refused(
            _("Assurez-vous d’abord que c’est bien cette personne qui le demande."), "checked"
        )
    actor, settings = await actor_of(request), site_of(request).settings
    user = await methods.user_with(str(form.get("email") or ""))
    await methods.reset(actor, settings, user)
    return "retrait"


_CHANGES: Mapping[str, Callable[[Request, FormData], Awaitable[str]]] = {
    "roles": _roles,
    "reset": _reset,
}


async def _page(
    request: Request, email: str = "", errors: Mapping[str, str] | None = None
) -> Response:
    context = {
        "roles": required.ROLES,
        "labels": LABELS,
        "required": await required.required(),
        "counts": await required.counts(),
        "nobody": required.Count(),
        "email": email,
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": errors or {},
    }
    return render(request, "people/ways_in_rules.html", context, 422 if errors else 200, NO_STORE)
