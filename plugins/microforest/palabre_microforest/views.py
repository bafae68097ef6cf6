"""The pages of the micro-forests: request → domain → page."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from palabre.api import render, upcoming
from palabre_microforest.domain import SPECIES, sources, species

CATEGORY = "Micro-forêts"


async def forests(request: Request) -> Response:
    """Show the species of the zone and the coming plantings."""
    context = {
        "upcoming": await upcoming(request, CATEGORY),
        "species": species(),
        "sources": sources(),
        "category": CATEGORY,
    }
    return render(request, "microforest/species.html", context)


async def download(_request: Request) -> Response:
    """Send the list of species as it is kept."""
    return FileResponse(SPECIES, media_type="text/csv; charset=utf-8", filename=SPECIES.name)
