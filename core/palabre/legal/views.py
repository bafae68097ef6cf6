"""The legal pages as readers see them, and as administrators write them."""

from dataclasses import asdict, fields

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Conflict, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.legal import domain, publisher
from palabre.legal.domain import TITLES
from palabre.legal.markdown import to_html
from palabre.legal.publisher import Publisher
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

OVERVIEW = "/administration/pages"
MAX_BODY = 512 * 1024
DONE = {
    "editeur": marked("C’est enregistré. Les pages qui en parlent sont à jour."),
    "texte": marked("La page est publiée."),
    "retour": marked("La version choisie est de nouveau la page."),
}


async def notices(request: Request) -> Response:
    """Say who publishes the site."""
    return await _read(request, "mentions-legales")


async def personal_data(request: Request) -> Response:
    """Say what is held about people, why, how long, and what they may ask for."""
    return await _read(request, "donnees-personnelles")


async def accessibility(request: Request) -> Response:
    """Say how accessible the site is, and whom to tell when it isn't."""
    return await _read(request, "accessibilite")


async def _read(request: Request, page: str) -> Response:
    current = await domain.newest(page)
    about = await publisher.read()
    source = current.source if current else None
    settings = site_of(request).settings
    context = {
        "page": page,
        "title": TITLES[page],
        "html": to_html(source or domain.starting_text(page, settings, about)),
        "changed_at": current.at if current and source else None,
        "conformity": about.conformity if page == "accessibilite" else "",
    }
    return render(request, "legal/page.html", context)


async def overview(request: Request) -> Response:
    """GET shows the pages and the publisher's details; POST saves these."""
    if request.method != "POST":
        return await _overview(request, await publisher.read())
    form = await form_of(request)
    given = Publisher(**{f.name: str(form.get(f.name) or "") for f in fields(Publisher)})
    try:
        saved = await publisher.save(await actor_of(request), given)
    except Refused as error:
        return await _overview(request, given, {error.field or "": error.message})
    site_of(request).accessibility = saved.conformity
    return RedirectResponse(f"{OVERVIEW}?fait=editeur", status_code=303)


async def edit(request: Request) -> Response:
    """GET shows a page's text to change; POST shows a preview of it, or saves."""
    page = request.path_params["page"]
    if page not in TITLES:
        raise NotFound(_("Cette page n’existe pas."))
    if request.method != "POST":
        return await _editor(request, page)
    form = await form_of(request)
    source, act = str(form.get("source") or ""), str(form.get("do") or "")
    expected = _number(str(form.get("version") or "0"))
    if act == "preview":
        return await _editor(request, page, source=source, expected=expected, preview=True)
    try:
        text = await _chosen(page, act, source)
        await domain.save(await actor_of(request), page, text, expected)
    except Conflict as error:
        said = source if act == "save" else None
        return await _editor(request, page, source=said, expected=error.current, error=error)
    except Refused as error:
        return await _editor(request, page, source=source, expected=expected, error=error)
    done = "texte" if act == "save" else "retour"
    return RedirectResponse(f"{OVERVIEW}/{page}?fait={done}", status_code=303)


async def _chosen(page: str, act: str, source: str) -> str | None:
    """Return the text that the form's `do` stands for; None for the starting one."""
    if act == "save":
        return source
    if act == "start":
        return None
    if act.startswith("restore-"):
        return (await domain.version(page, _number(act.removeprefix("restore-")))).source
    raise Refused(_("Le formulaire n’a pas pu être lu en entier : il est trop long ou abîmé."))


async def _overview(
    request: Request, about: Publisher, errors: dict[str, str] | None = None
) -> Response:
    context = {
        "pages": {page: (title, await domain.newest(page)) for page, title in TITLES.items()},
        "about": asdict(about),
        "missing": (await publisher.read()).missing,
        "conformity": about.conformity if not errors else "",
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": errors or {},
    }
    return render(request, "legal/administration.html", context, 422 if errors else 200)


async def _editor(
    request: Request,
    page: str,
    *,
    source: str | None = None,
    expected: int | None = None,
    preview: bool = False,
    error: Refused | None = None,
) -> Response:
    start = domain.starting_text(page, site_of(request).settings, await publisher.read())
    all_versions = await domain.versions(page)
    newest = all_versions[0] if all_versions else None
    if source is None:
        source = newest.source if newest and newest.source is not None else start
    looked_at = await _looked_at(request, page)
    context = {
        "page": page,
        "title": TITLES[page],
        "source": source,
        "expected": (newest.id if newest else 0) if expected is None else expected,
        "preview": to_html(source) if preview else "",
        "versions": all_versions,
        "is_start": newest is None or newest.source is None,
        "looked_at": looked_at,
        "looked_html": to_html(looked_at.source or start) if looked_at else "",
        "done": DONE.get(request.query_params.get("fait", ""), ""),
        "errors": {error.field or "": error.message} if error else {},
    }
    return render(request, "legal/edit.html", context, 422 if error else 200)


async def _looked_at(request: Request, page: str) -> domain.Version | None:
    number = request.query_params.get("version")
    return await domain.version(page, _number(number)) if number else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise NotFound(_("Cette version n’existe pas."))
    return int(text)
