"""The exchange's page: request → domain → page."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.api import render, upcoming
from palabre_penpals.domain import CATEGORY, pairs


async def exchange(request: Request) -> Response:
    """Explain the exchange to schools and families, and show what comes next."""
    context = {
        "upcoming": await upcoming(request, CATEGORY),
        "pairs": pairs(current=True),
        "earlier_pairs": pairs(current=False),
        "category": CATEGORY,
    }
    return render(request, "penpals/exchange.html", context)
