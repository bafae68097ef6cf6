"""The subscription guide: which list, its addresses, and what to do in each calendar."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.agenda.filters import EVERYTHING, Selection
from palabre.agenda.presenting import chips, href
from palabre.agenda.requests import (
    answer,
    facets_of,
    moment_of,
    page,
    selection_of,
    subscription,
)
from palabre.subscribing.lists import find_list

LIST = "liste"


async def guide(request: Request) -> Response:
    """Say how to subscribe to the agenda, to a selection of it (`?commune=…`) or to `?liste=`."""
    path = request.query_params.get(LIST, "")
    if path:
        return await _of_one(request, path)
    return await _of_agenda(request, selection_of(request))


async def _of_agenda(request: Request, selection: Selection) -> Response:
    moment = moment_of(request)

    async def build() -> Response:
        found = await facets_of(request, moment)
        context = {
            "title": "",
            "chips": chips("/abonnement", selection, found),
            "source": href("/agenda", selection),
            "subscription": subscription(request, "/agenda", selection),
        }
        return page(request, "subscribing/guide.html", context, selection.query)

    return await answer(request, moment, selection.query, build)


async def _of_one(request: Request, path: str) -> Response:
    listed = await find_list(path)
    canonical = f"{LIST}={listed.path}"

    async def build() -> Response:
        context = {
            "title": listed.title,
            "chips": (),
            "source": listed.path,
            "subscription": subscription(request, listed.path, EVERYTHING),
        }
        return page(request, "subscribing/guide.html", context, canonical)

    return await answer(request, moment_of(request), canonical, build)
