"""The agenda for programs: /api/v1/, from the fragments that the feeds keep ready.

Lists go by event, in the order of their first date, and are paged by a cursor: following `next`
meets every event once.
"""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from palabre.agenda.cursors import read_key, write_key
from palabre.agenda.filters import PUBLISHED, Selection
from palabre.agenda.plugin_filters import asking
from palabre.agenda.requests import answer, filters_of, moment_of, selection_of
from palabre.agenda.sql import Arguments, Moment
from palabre.database.connection import fetch
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.web.site import site_of

# What is public may be read from any site's pages, as the feeds may (FEED.md H27).
OPEN = {"access-control-allow-origin": "*"}
DEFAULT_LIMIT, MAX_LIMIT = 50, 500


async def index(request: Request) -> Response:
    """Say what the API offers: its addresses and the filters that lists take."""
    site = site_of(request)
    root = f"{site.settings.origin}/api/v1"
    body = {
        "name": site.settings.site_name,
        "time_zone": site.settings.time_zone,
        "events": f"{root}/events",
        "parameters": {
            "limit": _("Nombre d’événements par page, de 1 à {max}.").format(max=MAX_LIMIT),
            "cursor": _("La valeur donnée par la page d’avant, dans « next »."),
        }
        | {f.name: _(f.label) for f in filters_of(request) if not f.is_closed},
    }
    return JSONResponse(body, headers=OPEN)


async def events(request: Request) -> Response:
    """Return a page of published events as JSON, narrowed by the agenda's own filters."""
    moment = moment_of(request)
    selection = selection_of(request)
    limit = _limit(request.query_params.get("limit", ""))
    cursor = request.query_params.get("cursor", "")
    after = read_key(cursor) if cursor else None

    async def build() -> Response:
        rows, following = await _page(selection, moment, after, limit)
        following_url = following and _next(request, selection, limit, following)
        ending = JSONResponse({"next": following_url}).body
        body = b'{"events":[' + b",".join(rows) + b"]," + bytes(ending)[1:]
        return Response(body, media_type="application/json", headers=OPEN)

    return await answer(request, moment, f"{selection.query}&{limit}&{cursor}", build)


async def _page(
    selection: Selection, moment: Moment, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[bytes], str | None]:
    arguments = Arguments()
    begin = "true"
    if after is not None:
        at, event_id = after
        begin = f"(e.first_at, e.id) > ({arguments.add(at)}::timestamptz, {arguments.add(event_id)}::uuid)"
    where = selection.where_event(arguments, moment)
    with asking(selection):
        rows = await fetch(
            "SELECT e.id, e.first_at, f.json FROM core_event e"  # noqa: S608 (our own text; values travel as arguments)
            f" JOIN core_fragment f ON f.event_id = e.id WHERE {PUBLISHED} AND {begin} AND {where}"
            f" ORDER BY e.first_at, e.id LIMIT {arguments.add(limit + 1)}::bigint",
            *arguments.values,
        )
    more = len(rows) > limit
    shown = rows[:limit]
    last = shown[-1] if more else None
    return [row["json"] for row in shown], last and write_key(last["first_at"], last["id"])


def _next(request: Request, selection: Selection, limit: int, cursor: str) -> str:
    query = urlencode({"limit": limit, "cursor": cursor})
    filters = f"{selection.query}&" if selection.query else ""
    return f"{site_of(request).settings.origin}/api/v1/events?{filters}{query}"


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT:
        return int(text)
    raise Refused(_("« limit » est un nombre de 1 à {max}.").format(max=MAX_LIMIT), field="limit")
