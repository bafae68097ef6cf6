"""Pages to correct a place and to merge two writings of the same one."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Refused
from palabre.events.domain import venues
from palabre.events.models import Venue
from palabre.events.values import Accessibility, Place
from palabre.i18n import gettext as _
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

TEXTS = ("name", "address", "postal_code", "commune", "country", "latitude", "longitude", "url")


async def edit(request: Request) -> Response:
    """GET shows what is known of a place, POST corrects it for all its events."""
    venue = await venues.by_slug(request.path_params["slug"])
    if request.method != "POST":
        return _edit_page(request, venue, _values_of(venue), {}, 200)
    form = await form_of(request)
    values = {name: str(form.get(name, "")) for name in TEXTS}
    chosen = [str(code) for code in form.getlist("accessibility")]
    try:
        await venues.edit(
            await actor_of(request),
            venue.slug,
            _place(values),
            url=values["url"],
            accessibility=_accessibility(form),
        )
    except Refused as refused:
        faults = {refused.field or "": refused.message}
        return _edit_page(request, venue, values | {"accessibility": chosen}, faults, 422)
    await site_of(request).feeds.settle()
    return RedirectResponse(f"/lieux/{venue.slug}", status_code=303)


async def merge(request: Request) -> Response:
    """GET proposes places of the same commune, POST moves all events of this one to the chosen."""
    venue = await venues.by_slug(request.path_params["slug"])
    context = {"venue": venue, "others": await venues.neighbours(venue), "faults": {}}
    if request.method != "POST":
        return render(request, "venues/merge.html", context)
    into = str((await form_of(request)).get("into", ""))
    try:
        await venues.merge(await actor_of(request), venue.slug, into)
    except Refused as refused:
        context["faults"] = {refused.field or "": refused.message}
        return render(request, "venues/merge.html", context, status=422)
    await site_of(request).feeds.settle()
    return RedirectResponse(f"/lieux/{into}", status_code=303)


def _edit_page(
    request: Request, venue: Venue, values: object, faults: dict[str, str], status: int
) -> Response:
    codes = [code.value for code in Accessibility]
    context = {"venue": venue, "values": values, "faults": faults, "codes": codes}
    return render(request, "venues/edit.html", context, status=status)


def _values_of(venue: Venue) -> dict[str, object]:
    values = {name: getattr(venue, name) for name in TEXTS}
    return {name: "" if value is None else value for name, value in values.items()} | {
        "accessibility": venue.accessibility
    }


def _place(values: dict[str, str]) -> Place:
    return Place(
        name=values["name"],
        address=values["address"],
        postal_code=values["postal_code"],
        commune=values["commune"],
        country=values["country"],
        latitude=_degrees(values["latitude"], "latitude"),
        longitude=_degrees(values["longitude"], "longitude"),
    )


def _degrees(text: str, field: str) -> float | None:
    """Read decimal degrees as people write them, with a comma or a point; "" is unknown."""
    if not text.strip():
        return None
    try:
        return float(text.replace(",", ".").strip())
    except ValueError as error:
        raise Refused(_("Écrivez des degrés, comme 45,1876."), field) from error


def _accessibility(form: FormData) -> tuple[Accessibility, ...]:
    given = {str(code) for code in form.getlist("accessibility")}
    return tuple(code for code in Accessibility if code.value in given)
