"""The page on which an owner names another in their own place."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.people import handing_over as domain
from palabre.people.domain import organisation_by_slug
from palabre.people.member_views import NO_STORE, PER_ADDRESS, PER_ORGANISATION
from palabre.people.members import members_of
from palabre.people.models import Organisation, Role
from palabre.web.limits import take
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

LEAVES = "leave"  # what the form says for no role at all


async def hand_over(request: Request) -> Response:
    """GET asks who takes over, POST hands over or sends the link."""
    actor = await actor_of(request)
    organisation = await organisation_by_slug(request.path_params["slug"])
    domain.check_owner(actor, organisation)
    if request.method != "POST":
        return await _page(request, organisation, {})
    form = await form_of(request)
    said = {name: str(form.get(name) or "")[:254] for name in ("member", "email", "keeps")}
    email = said["member"] or said["email"]
    try:
        keeps = _keeps(said["keeps"])
        await take(PER_ORGANISATION, str(organisation.id))
        await take(PER_ADDRESS, email.strip().lower())
        settings = site_of(request).settings
        done = await domain.hand_over(actor, settings, organisation, email, keeps)
    except Refused as refused:
        return await _page(request, organisation, said, {refused.field or "": refused.message})
    base = f"/organisations/{organisation.slug}"
    return RedirectResponse(base if done else f"{base}/membres?fait=transmission", 303)


async def _page(
    request: Request,
    organisation: Organisation,
    said: dict[str, str],
    errors: dict[str, str] | None = None,
) -> Response:
    actor = await actor_of(request)
    others = [m for m in await members_of(organisation) if m.user_id != actor.user_id]
    context = {
        "organisation": organisation,
        "others": others,
        "letters": site_of(request).settings.smtp_url is not None,
        "said": {"member": "", "email": "", "keeps": Role.EDITOR.value, **said},
        "errors": errors or {},
    }
    return render(request, "people/handing-over.html", context, 422 if errors else 200, NO_STORE)


def _keeps(word: str) -> Role | None:
    if word == LEAVES:
        return None
    if word not in {role.value for role in domain.KEEPS if role}:
        raise Refused(_("Choisissez ce que vous devenez ensuite."), "keeps")
    return Role(word)
