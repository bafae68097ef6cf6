"""The pages of the micro-forests: request → domain → page."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from palabre.api import render, settings_of, upcoming
from palabre_microforest.domain import SPECIES, sources, species
from palabre_microforest.options import Options


async def forests(request: Request) -> Response:
    """Show the species of the zone and the coming plantings."""
    category = settings_of(Options).category
    context = {
        "upcoming": await upcoming(request, category),
        "species": species(),
        "sources": sources(),
        "category": category,
    }
    return render(request, "microforest/species.html", context)


async def download(_request: Request) -> Response:
    """Send the list of species as it is kept."""
    return FileResponse(SPECIES, media_type="text/csv; charset=utf-8", filename=SPECIES.name)
