"""The plugin's page."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.api import render
from palabre_hebergement.models import Board


async def boards(request: Request) -> Response:
    """Show all boards."""
    context = {"boards": await Board.all().order_by("slug").values_list("slug", flat=True)}
    return render(request, "hebergement/boards.html", context)
