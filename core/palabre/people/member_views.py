"""The page of an organisation's members, for its owners."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people import members as domain
from palabre.people.domain import organisation_by_slug
from palabre.people.factors import methods
from palabre.people.models import Organisation, Role
from palabre.people.permissions import Actor, can
from palabre.settings import Settings
from palabre.web.limits import Limit, take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

PER_ORGANISATION = Limit("invitations of an organisation", 50, timedelta(days=1))
PER_ADDRESS = Limit("invitations to an address", 5, timedelta(days=1))
DONE = {
    "invitation": marked("L’invitation est partie."),
    "retrait": marked("L’invitation est retirée : son lien ne sert plus."),
    "role": marked("Le rôle est changé."),
    "transmission": marked(
        "Le lien est parti. Vous restez responsable jusqu’à ce qu’il soit accepté."
    ),
    "depart": marked("Cette personne n’est plus membre."),
    "secours": marked("Ses deuxièmes étapes sont retirées ; un courriel l’en informe."),
}
NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class _Asked:
    actor: Actor
    settings: Settings
    organisation: Organisation
    form: FormData

    def text(self, name: str) -> str:
        return str(self.form.get(name) or "")[:254]

    @property
    def role(self) -> Role:
        try:
            return Role(self.text("role"))
        except ValueError as error:
            raise Refused(_("Choisissez un rôle de la liste."), "role") from error

    def id(self, name: str) -> UUID:
        try:
            return UUID(self.text(name))
        except ValueError as error:
            raise NotFound(_("Cette personne n’est pas membre de l’organisation.")) from error


async def members(request: Request) -> Response:
    """GET lists members and invitations, POST changes what the form's `do` names."""
    actor = await actor_of(request)
    organisation = await organisation_by_slug(request.path_params["slug"])
    if not can(actor, "organisation.edit", organisation):
        raise Denied(
            _("Seules les personnes responsables de cette organisation voient ses membres.")
        )
    if request.method != "POST":
        return await _page(request, organisation)
    settings = site_of(request).settings
    asked = _Asked(actor, settings, organisation, await form_of(request))
    change = _CHANGES.get(asked.text("do"))
    if change is None:
        raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))
    try:
        done = await change(asked)
    except Refused as error:
        said = {name: asked.text(name) for name in ("email", "role")}
        inviting = asked.text("do") == "invite"
        field = (error.field or "") if inviting else ""
        return await _page(request, organisation, said if inviting else {}, {field: error.message})
    base = f"/organisations/{organisation.slug}"
    left = done in {"role", "depart"} and await _has_left(asked)
    return RedirectResponse(base if left else f"{base}/membres?fait={done}", status_code=303)


async def leave(request: Request) -> Response:
    """GET asks whether one really leaves the organisation, POST ends one's own membership."""
    actor = await actor_of(request)
    organisation = await organisation_by_slug(request.path_params["slug"])
    role = actor.roles.get(organisation.id)
    if role is None:  # as for an organisation that isn't there
        raise NotFound(
            _("Aucune organisation n’a l’adresse « {slug} ».").format(slug=organisation.slug)
        )
    context = {"organisation": organisation, "role": role, "errors": {}}
    if request.method == "POST":
        try:
            await domain.leave(actor, organisation)
        except Refused as error:
            context["errors"] = {"": error.message}
            return render(request, "people/leave.html", context, 422, NO_STORE)
        return RedirectResponse(f"/organisations/{organisation.slug}", status_code=303)
    return render(request, "people/leave.html", context, headers=NO_STORE)


async def _invite(asked: _Asked) -> str:
    if asked.settings.smtp_url is None:
        raise Refused(_("Ce site n’envoie pas de courriels : demandez un lien à son équipe."))
    role = asked.role
    await take(PER_ORGANISATION, str(asked.organisation.id))
    await take(PER_ADDRESS, asked.text("email").strip().lower())
    await domain.invite(asked.actor, asked.settings, asked.organisation, asked.text("email"), role)
    return "invitation"


async def _withdraw(asked: _Asked) -> str:
    await domain.withdraw(asked.actor, asked.organisation, asked.id("handle"))
    return "retrait"


async def _role(asked: _Asked) -> str:
    await domain.change_role(asked.actor, asked.organisation, asked.id("member"), asked.role)
    return "role"


async def _remove(asked: _Asked) -> str:
    await domain.remove(asked.actor, asked.organisation, asked.id("member"))
    return "depart"


async def _reset(asked: _Asked) -> str:
    if asked.text("checked") != "1":
        raise Refused(_("Assurez-vous d’abord que c’est bien cette personne qui le demande."))
    user = await domain.member(asked.organisation, asked.id("member"))
    await methods.reset(asked.actor, asked.settings, user)
    return "secours"


_CHANGES: Mapping[str, Callable[[_Asked], Awaitable[str]]] = {
    "invite": _invite,
    "withdraw": _withdraw,
    "role": _role,
    "remove": _remove,
    "reset": _reset,
}


async def _has_left(asked: _Asked) -> bool:
    """Whether whoever asks has just given up their own ownership, and with it this page."""
    if asked.actor.is_administrator:
        return False
    found = await domain.members_of(asked.organisation)
    return not any(m.user_id == asked.actor.user_id and m.role is Role.OWNER for m in found)


async def _page(
    request: Request,
    organisation: Organisation,
    said: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    given = said or {}
    context = {
        "organisation": organisation,
        "members": await domain.members_of(organisation),
        "invitations": await domain.invitations_of(organisation),
        "letters": site_of(request).settings.smtp_url is not None,
        "email": given.get("email", ""),
        "role": given.get("role") or Role.CONTRIBUTOR,
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": errors or {},
    }
    return render(request, "people/members.html", context, 422 if errors else 200, NO_STORE)
