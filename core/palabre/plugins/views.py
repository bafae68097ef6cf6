"""What administrators see of all plugins."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from palabre import plugins
from palabre.plugins import domain
from palabre.plugins.labels import STANDINGS
from palabre.plugins.loading import installed
from palabre.plugins.versions import restart_reasons
from palabre.web.templates import render


async def administration(request: Request) -> Response:
    """Show every plugin: its state, why, and what its own checks found."""
    found = plugins.current()
    names = {point.name for point in await asyncio.to_thread(installed)}
    known = names | {extension.name for extension in found.extensions}
    context = {
        "extensions": found.extensions,
        "health": await found.health(),
        "safe_mode": found.safe_mode,
        "sleeping": sorted(names) if found.safe_mode else (),
        "left_behind": await domain.left_behind(known),
        "restart": ()
        if found.safe_mode
        else await asyncio.to_thread(restart_reasons, found.extensions),
        "standings": STANDINGS,
    }
    return render(request, "plugins/administration.html", context)
