"""What every page of the agenda takes from a request, and how its answer is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from palabre.agenda.cache import PERSONAL_CACHE, Build
from palabre.agenda.cursors import Cursor, read_cursor
from palabre.agenda.facets import Facets, facets
from palabre.agenda.filters import Filter, Selection, parse
from palabre.agenda.plugin_filters import asking, with_plugins
from palabre.agenda.presenting import Field, href
from palabre.agenda.queries import list_page
from palabre.agenda.sql import Moment
from palabre.agenda.words import WORDS
from palabre.errors import NotFound
from palabre.i18n import gettext as _
from palabre.i18n import language
from palabre.plugins import current as current_plugins
from palabre.web.language import addresses
from palabre.web.site import site_of
from palabre.web.templates import render

MAX_ADDRESS = 300  # characters of a slug: ours are shorter, so a longer one names nothing
AFTER, BEFORE = "apres", "avant"


@dataclass(frozen=True, slots=True)
class Subscription:
    """The addresses of a list as a calendar: by webcal for phones, by https to copy, to explain."""

    webcal: str
    address: str
    guide: str


def moment_of(request: Request) -> Moment:
    """Return now, on the site's calendar."""
    return Moment(datetime.now(UTC), site_of(request).settings.zone)


def filters_of(request: Request) -> tuple[Filter, ...]:
    """Return all filters that addresses may hold, those of plugins included."""
    return with_plugins(site_of(request).filters)


def selection_of(request: Request) -> Selection:
    """Return the selection in the request's query; raises BadFilters."""
    return parse(request.query_params.multi_items(), filters_of(request))


def cursor_of(request: Request) -> Cursor | None:
    """Return the place in the list that is asked for; raises Refused when it is none of ours."""
    if text := request.query_params.get(AFTER):
        return read_cursor(text)
    if text := request.query_params.get(BEFORE):
        return read_cursor(text, backwards=True)
    return None


def state_of(request: Request, moment: Moment) -> tuple[int, int, str]:
    """Return what all kept pages depend on: events, plugins, today."""
    return site_of(request).feeds.revision, current_plugins().revision, moment.today.isoformat()


def slug_of(request: Request) -> str:
    """Return the slug in the address; raises NotFound for what can't be one (control characters)."""
    slug: str = request.path_params["slug"]
    if not slug.isprintable() or len(slug) > MAX_ADDRESS:
        raise NotFound(_("Il n’y a rien à cette adresse."))
    return slug


async def facets_of(request: Request, moment: Moment) -> Facets:
    """Return what lists can be narrowed to, asked once per change."""
    pages, filters = site_of(request).pages, filters_of(request)
    return await pages.remember(
        state_of(request, moment), "facets", lambda: facets(moment, filters)
    )


async def answer(request: Request, moment: Moment, canonical: str, build: Build) -> Response:
    """Answer a page: from memory for readers without an account, built afresh for all others.

    `canonical` is the query part of the page's one true address: whatever else was written into
    the request's own must not show in the page.
    """
    site = site_of(request)
    if site.cookie in request.cookies:
        response = await build()
        response.headers["cache-control"] = PERSONAL_CACHE
        response.headers["vary"] = "Cookie"
        return response
    key = (request.scope["path"], canonical, language.get())
    return await site.pages.page(request, state_of(request, moment), key, build)


def page(
    request: Request, name: str, context: Mapping[str, Any], canonical: str = "", status: int = 200
) -> Response:
    """Render a page that only knows its canonical address."""
    paths = addresses(request.scope["path"], canonical)
    return render(request, name, {"language_paths": paths, **context}, status)


async def list_context(
    path: str, selection: Selection, written: Selection, moment: Moment, cursor: Cursor | None
) -> dict[str, Any]:
    """Return what a page of a list shows; `written` is the part of the selection in its address."""
    with asking(selection):
        found = await list_page(selection, moment, cursor)
    return {
        "list": found,
        "earlier": found.earlier and href(path, written, **{BEFORE: found.earlier}),
        "later": found.later and href(path, written, **{AFTER: found.later}),
        "opening": href(path, written) if cursor else None,
        "today": moment.today,
        "words": WORDS,
    }


def subscription(request: Request, path: str, selection: Selection) -> Subscription:
    """Return how to subscribe to a list: its own address with the ending .ics (FEED.md P01, P03)."""
    origin = site_of(request).settings.origin
    address = href(f"{origin}{path}.ics", selection)
    return Subscription(
        webcal="webcal:" + address.partition(":")[2],
        address=address,
        guide=href("/abonnement", selection) if path == "/agenda" else f"/abonnement?liste={path}",
    )


def field_html(request: Request, field: Field) -> Markup:
    """Return a field of the filter form as HTML, rendered once for all who have chosen the same.

    The form is the longest part of a list's page, and nearly always the same.
    """
    code = language.get()
    templates = site_of(request).templates
    return Markup(templates.made(lambda environment: _field_html(environment, code, field)))  # noqa: S704  just rendered


@lru_cache(maxsize=512)
def _field_html(environment: Environment, _language: str, field: Field) -> Markup:
    context = {"f": field, "faults": {}}
    return Markup(environment.get_template("agenda/field.html").render(context))  # noqa: S704  our own template, which escapes
