"""What administrators see of the plugins, and decide about them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre import plugins
from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.plugins import domain
from palabre.plugins.labels import STANDINGS, WHERE
from palabre.web.site import actor_of, form_of
from palabre.web.templates import render

DECISIONS = {"enable": True, "disable": False}


async def administration(request: Request) -> Response:
    """Show every plugin: its state, why, what it holds, what it costs."""
    found = plugins.current()
    context = {
        "extensions": found.extensions,
        "health": await found.health(),
        "safe_mode": found.safe_mode,
        "standings": STANDINGS,
        "where": WHERE,
    }
    return render(request, "plugins/administration.html", context)


async def decide(request: Request) -> Response:
    """POST enables or disables the plugin named in the address, in every process."""
    found = plugins.current()
    name = request.path_params["name"]
    if name not in [extension.name for extension in found.extensions]:
        raise NotFound(_("Aucune extension ne porte ce nom."))
    decision = DECISIONS.get(str((await form_of(request)).get("do", "")))
    if decision is None:
        raise Refused(_("Choisissez d’activer ou de désactiver l’extension."))
    await domain.decide(await actor_of(request), name, enabled=decision)
    await found.refresh()
    return RedirectResponse(f"/administration#{name}", status_code=303)
