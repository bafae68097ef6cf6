"""The pages on which organisations are corrected by their owners and kept by administrators."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.agenda.places import KIND_NAMES
from palabre.errors import Denied, Refused
from palabre.i18n import gettext as _
from palabre.organisations import domain, merging
from palabre.organisations.domain import Details, Standing
from palabre.organisations.queries import Narrowing, organisations
from palabre.people.models import Organisation, OrganisationKind
from palabre.people.permissions import can
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

OWN = ("name", "commune", "url", "description")
MAX_TYPED = 100
FORM = "organisations/edit.html"
LIST = "/administration/organisations"


async def edit(request: Request) -> Response:
    """GET shows what an organisation says of itself, POST corrects it; for its owners."""
    organisation = await domain.by_slug(request.path_params["slug"])
    if not can(await actor_of(request), "organisation.edit", organisation):
        raise Denied(_("Seules les personnes responsables peuvent modifier cette organisation."))
    if request.method == "GET":
        return await _page(request, organisation, _values_of(organisation))
    form = await form_of(request)
    values = {name: str(form.get(name) or "") for name in OWN}
    try:
        await domain.edit(await actor_of(request), organisation.slug, Details(**values))
    except Refused as refused:
        return await _page(request, organisation, values, _faults(refused))
    return await _settled(request, f"/organisations/{organisation.slug}")


async def listing(request: Request) -> Response:
    """Show all organisations to administrators, narrowed by what was asked."""
    asked = {name: _short(request, name) for name in ("q", "type", "verifiee", "apres")}
    narrowing = Narrowing(asked["q"], asked["type"], asked["verifiee"])
    found, following = await organisations(narrowing, asked["apres"])
    more = urlencode(asked | {"apres": following}) if following else ""
    context = {
        "organisations": found,
        "asked": asked,
        "more": more,
        "kinds": KIND_NAMES,
        "done": _short(request, "fait"),
    }
    return render(request, "organisations/administration.html", context)


async def create(request: Request) -> Response:
    """GET shows an empty form, POST makes an organisation."""
    if request.method == "GET":
        return await _page(request, None, {"kind": OrganisationKind.ASSOCIATION}, keeps=True)
    form = await form_of(request)
    values = _typed(form)
    try:
        await domain.create(await actor_of(request), _details(values), _standing(values))
    except Refused as refused:
        return await _page(request, None, values, _faults(refused), keeps=True)
    return await _settled(request, f"{LIST}?fait=create")


async def keep(request: Request) -> Response:
    """GET shows all that is known of an organisation to administrators, POST changes it."""
    organisation = await domain.by_slug(request.path_params["slug"])
    if request.method == "GET":
        return await _page(request, organisation, _values_of(organisation), keeps=True)
    values = _typed(await form_of(request))
    try:
        actor = await actor_of(request)
        await domain.edit(actor, organisation.slug, _details(values), _standing(values))
    except Refused as refused:
        return await _page(request, organisation, values, _faults(refused), keeps=True)
    return await _settled(request, f"{LIST}?fait=edit")


async def merge(request: Request) -> Response:
    """GET asks for the organisation to keep, then shows what merging would do; POST does it."""
    duplicate = await domain.by_slug(request.path_params["slug"])
    if request.method == "GET":
        return await _merge_page(request, duplicate, _short(request, "into"))
    form = await form_of(request)
    into, mark = str(form.get("into") or ""), str(form.get("mark") or "")
    try:
        await merging.merge(await actor_of(request), duplicate.slug, into, mark)
    except Refused as refused:
        return await _merge_page(request, duplicate, into, _faults(refused))
    return await _settled(request, f"{LIST}/{into}/modifier?fait=merge")


async def _merge_page(
    request: Request, duplicate: Organisation, into: str, faults: dict[str, str] | None = None
) -> Response:
    context: dict[str, object] = {"duplicate": duplicate, "faults": faults or {}, "into": into}
    context |= {"others": await domain.possible_parents(duplicate), "effects": None}
    try:
        if into:
            _found, kept = await merging.pair(duplicate.slug, into)
            context |= {"kept": kept, "effects": await merging.effects(duplicate, kept)}
    except Refused as refused:
        context["faults"] = _faults(refused)
    status = 422 if context["faults"] else 200
    return render(request, "organisations/merge.html", context, status)


async def _page(
    request: Request,
    organisation: Organisation | None,
    values: Mapping[str, object],
    faults: dict[str, str] | None = None,
    *,
    keeps: bool = False,
) -> Response:
    context = {
        "organisation": organisation,
        "values": {name: values.get(name, "") for name in (*OWN, "kind", "parent", "verified")},
        "faults": faults or {},
        "keeps": keeps,
        "kinds": KIND_NAMES,
        "parents": await domain.possible_parents(organisation) if keeps else (),
        "former": await merging.former_addresses(organisation) if keeps and organisation else (),
        "merged": request.query_params.get("fait") == "merge",
    }
    return render(request, FORM, context, status=422 if faults else 200)


async def _settled(request: Request, address: str) -> Response:
    """Go on once this process's pages and feeds know of the change."""
    await site_of(request).feeds.settle()
    return RedirectResponse(address, status_code=303)


def _values_of(organisation: Organisation) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(organisation, name) for name in OWN}
    return values | {
        "kind": organisation.kind,
        "verified": organisation.verified_at is not None,
        "parent": organisation.parent.slug if organisation.parent else "",
    }


def _typed(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name) or "") for name in (*OWN, "kind", "verified", "parent")}


def _details(values: dict[str, str]) -> Details:
    return Details(**{name: values[name] for name in OWN})


def _standing(values: dict[str, str]) -> Standing:
    if values["kind"] not in set(OrganisationKind):
        raise Refused(_("Choisissez une sorte d’organisation dans la liste."), "kind")
    kind = OrganisationKind(values["kind"])
    return Standing(kind, verified=values["verified"] == "1", parent=values["parent"])


def _faults(refused: Refused) -> dict[str, str]:
    field = "name" if refused.field == "slug" else refused.field  # the address comes of the name
    return {field or "": refused.message}


def _short(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\0", "").strip()[:MAX_TYPED]
