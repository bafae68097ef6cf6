"""The pages on which owners switch plugins on for their organisation, and administrators grant."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people.domain import organisation_by_slug
from palabre.people.models import Organisation
from palabre.people.permissions import can
from palabre.plugins import reach
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

ON = {"on": True, "off": False}
MAX_TYPED = 200


async def organisation_plugins(request: Request) -> Response:
    """GET lists the plugins that owners may switch on for theirs, POST switches one."""
    actor = await actor_of(request)
    organisation = await organisation_by_slug(request.path_params["slug"].replace("\0", ""))
    if not can(actor, "organisation.edit", organisation):
        raise Denied(_("Seules les personnes responsables activent des extensions."))
    if request.method == "POST":
        form = await form_of(request)
        on = _decision(str(form.get("do") or ""))
        await reach.switch(actor, str(form.get("plugin") or ""), organisation, on=on)
        await site_of(request).feeds.settle()
        return RedirectResponse(f"/organisations/{organisation.slug}/extensions?fait=1", 303)
    context = {
        "organisation": organisation,
        "offers": reach.offers_for(organisation),
        "done": "fait" in request.query_params,
    }
    return render(request, "plugins/organisation.html", context)


async def plugin_reach(request: Request) -> Response:
    """GET shows who has a plugin's actions and which organisations use it, POST decides."""
    name = request.path_params["name"]
    extension = reach.found(name)
    if request.method != "POST":
        return await _reach_page(request, name)
    form = await form_of(request)
    actor, what = await actor_of(request), str(form.get("what") or "")
    try:
        if what == "grants":
            for each in reach.grants_of(extension.name):
                roles = [str(role) for role in form.getlist(each.action)]
                if set(roles) != each.roles:
                    await reach.grant(actor, name, each.action, roles)
        elif what == "offer":
            await reach.offer(actor, name, offered=_decision(str(form.get("do") or "")))
        else:
            chosen = await _organisation(str(form.get("organisation") or "")[:MAX_TYPED])
            await reach.switch(actor, name, chosen, on=_decision(str(form.get("do") or "")))
            await site_of(request).feeds.settle()
    except Refused as refused:
        return await _reach_page(request, name, {refused.field or "": refused.message})
    return RedirectResponse(f"/administration/extensions/{name}/portee?fait=1", 303)


async def _reach_page(
    request: Request, name: str, faults: dict[str, str] | None = None
) -> Response:
    extension = reach.found(name)
    context = {
        "extension": extension,
        "grants": reach.grants_of(name),
        "roles": reach.GRANTABLE,
        "users": await reach.users_of(name),
        "many": reach.MOST_USERS,
        "done": "fait" in request.query_params and not faults,
        "faults": faults or {},
    }
    return render(request, "plugins/reach.html", context, 422 if faults else 200)


async def _organisation(slug: str) -> Organisation:
    try:
        return await organisation_by_slug(slug.replace("\0", "").strip().rpartition("/")[2])
    except NotFound as error:
        raise Refused(error.message, "organisation") from error


def _decision(word: str) -> bool:
    if word not in ON:
        raise Refused(_("Choisissez d’activer ou de désactiver l’extension."))
    return ON[word]
