"""The agenda as a list, a month and a week: request → queries → page."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.agenda import presenting
from palabre.agenda.filters import EVERYTHING, BadFilters, Selection
from palabre.agenda.periods import Span, month_span, week_span
from palabre.agenda.plugin_filters import asking
from palabre.agenda.presenting import href
from palabre.agenda.queries import PER_DAY, grid, list_page
from palabre.agenda.requests import (
    answer,
    cursor_of,
    facets_of,
    field_html,
    filters_of,
    list_context,
    moment_of,
    page,
    selection_of,
    subscription,
)
from palabre.agenda.sql import FIRST_DATE, LAST_DATE, Moment
from palabre.agenda.words import WORDS
from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.plugins import current as current_plugins

HOME_SIZE = 8
WEEK_PER_DAY = 50
Context = dict[str, Any]
Show = Callable[[Selection], Awaitable[Context]]


async def home(request: Request) -> Response:
    """Show the front door: what this is, what comes next, how to keep in touch."""
    moment = moment_of(request)

    async def build() -> Response:
        found = await list_page(EVERYTHING, moment, size=HOME_SIZE)
        context = {
            "list": found,
            "today": moment.today,
            "words": WORDS,
            "pieces": await current_plugins().slot("home"),
        }
        return page(request, "agenda/home.html", context)

    return await answer(request, moment, "", build)


async def agenda(request: Request) -> Response:
    """Show the list of all events, opened at today."""
    moment = moment_of(request)

    async def shown(selection: Selection) -> Context:
        cursor = cursor_of(request)
        return await list_context("/agenda", selection, selection, moment, cursor)

    return await _calendar(request, moment, "agenda/list.html", shown)


async def month(request: Request) -> Response:
    """Show a month as a grid that is a plain list on a phone."""
    moment = moment_of(request)
    span = month_span(_first_of_month(request.path_params["month"]))
    whole = week_span(span[0])[0], week_span(span[1])[1]

    async def shown(selection: Selection) -> Context:
        context = await _stretch(selection, moment, whole, PER_DAY)
        return context | _neighbours(month_path, selection, span) | {"month": span[0]}

    return await _calendar(request, moment, "agenda/month.html", shown)


async def week(request: Request) -> Response:
    """Show a week, Monday to Sunday (ISO 8601)."""
    moment = moment_of(request)
    span = week_span(_monday(request.path_params["week"]))

    async def shown(selection: Selection) -> Context:
        context = await _stretch(selection, moment, span, WEEK_PER_DAY)
        return context | _neighbours(week_path, selection, span) | {"span": span}

    return await _calendar(request, moment, "agenda/week.html", shown)


async def this_month(request: Request) -> Response:
    """Lead to the month of today, keeping the query."""
    return _forward(request, month_path(moment_of(request).today))


async def this_week(request: Request) -> Response:
    """Lead to the week of today, keeping the query."""
    return _forward(request, week_path(moment_of(request).today))


def month_path(day: date) -> str:
    """Return the address of the month of `day`."""
    return f"/agenda/mois/{day:%Y-%m}"


def week_path(day: date) -> str:
    """Return the address of the ISO week of `day`, such as /agenda/semaine/2026-W47."""
    year, number, _weekday = day.isocalendar()
    return f"/agenda/semaine/{year:04}-W{number:02}"


async def _calendar(request: Request, moment: Moment, template: str, shown: Show) -> Response:
    """Answer a page with filters; what can't be used is said beside its field, with status 400."""
    try:
        selection = selection_of(request)
        cursor = cursor_of(request)
    except Refused as refused:
        usable, faults = _faults(refused)
        context = await _frame(request, moment, usable, faults)
        return page(request, "agenda/refused.html", context, usable.query, status=400)
    canonical = f"{selection.query}&{cursor}&{cursor.backwards}" if cursor else selection.query

    async def build() -> Response:
        context = await _frame(request, moment, selection, {})
        return page(request, template, context | await shown(selection), selection.query)

    return await answer(request, moment, canonical, build)


async def _frame(
    request: Request, moment: Moment, selection: Selection, faults: Mapping[str, str]
) -> Context:
    """Return what surrounds every calendar: views, filters, chips, subscription."""
    path: str = request.scope["path"]
    found = await facets_of(request, moment)
    typed = {name: request.query_params.get(name, "")[:200] for name in faults}
    filters = filters_of(request)
    return {
        "words": WORDS,
        "field_html": partial(field_html, request),
        "action": path,
        "chips": presenting.chips(path, selection, found),
        "unknown": presenting.unknown(selection, found),
        "fields": presenting.fields(filters, selection, found, typed),
        "sought": typed.get("q") or "".join(selection.values("q")),
        "kept": [
            (name, value) for name in presenting.APART - {"q"} for value in selection.values(name)
        ],
        "faults": faults,
        "labels": {f.name: _(f.label) for f in filters},
        "reset": path,
        "today": moment.today,
        "views": _views(path, selection, moment.today),
        "subscription": subscription(request, "/agenda", selection),
    }


def _views(path: str, selection: Selection, today: date) -> list[tuple[str, str, bool]]:
    """Return the three ways to see a selection: (title, address, whether it is this one)."""
    calendar = presenting.without_dates(selection)
    return [
        (_("Liste"), href("/agenda", selection), path == "/agenda"),
        (_("Mois"), href(month_path(today), calendar), path.startswith("/agenda/mois")),
        (_("Semaine"), href(week_path(today), calendar), path.startswith("/agenda/semaine")),
    ]


async def _stretch(selection: Selection, moment: Moment, span: Span, per_day: int) -> Context:
    with asking(selection):
        found = await grid(selection, moment, *span, per_day)
    length = (span[1] - span[0]).days + 1
    days = [found.day(span[0] + timedelta(days=n)) for n in range(length)]

    def rest(day: date) -> str:
        return href("/agenda", presenting.on_day(selection, day))

    return {"days": days, "running": found.running, "rest": rest}


def _neighbours(
    path: Callable[[date], str], selection: Selection, span: Span
) -> dict[str, str | None]:
    earlier, later = span[0] - timedelta(days=1), span[1] + timedelta(days=1)
    return {
        "earlier": href(path(earlier), selection) if earlier >= FIRST_DATE else None,
        "later": href(path(later), selection) if later <= LAST_DATE else None,
    }


def _faults(refused: Refused) -> tuple[Selection, dict[str, str]]:
    if isinstance(refused, BadFilters):
        return refused.usable, dict(refused.errors)
    return EVERYTHING, {"": refused.message}


def _forward(request: Request, path: str) -> Response:
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 302)


def _first_of_month(text: str) -> date:
    return _in_range(lambda: date.fromisoformat(f"{text}-01") if len(text) == 7 else None)


def _monday(text: str) -> date:
    return _in_range(lambda: date.fromisoformat(text) if "W" in text and len(text) == 8 else None)


def _in_range(read: Callable[[], date | None]) -> date:
    """Return what `read` gave when it is a date that the calendar shows; raises NotFound."""
    try:
        day = read()
    except ValueError:
        day = None
    if day is None or not FIRST_DATE <= day <= LAST_DATE:
        raise NotFound(_("Cette page du calendrier n’existe pas."))
    return day
