"""Pages on the way to a provider.

A form may not lead to another site, not even by a redirect (our own policy, `form-action`): so a
page of ours comes between, which goes on by itself and has a link for whom it doesn't carry.
"""

import secrets

import structlog
from starlette.requests import Request
from starlette.responses import Response

from palabre.oidc import domain
from palabre.oidc.values import Unreachable, Untrusted
from palabre.people.permissions import Actor
from palabre.web.site import site_of
from palabre.web.templates import render

LEFT = "/deconnexion"

log = structlog.get_logger()


def away(request: Request, title: str, address: str, *, leaving: bool = False) -> Response:
    """Answer with a page that goes on to `address` by itself."""
    context = {"title": title, "address": address, "leaving": leaving}
    headers = {"refresh": f"0;url={address}", "cache-control": "no-store"}
    return render(request, "oidc/away.html", context, headers=headers)


async def leaving(request: Request, actor: Actor) -> Response | None:
    """Return the page that signs out at the provider too, for a session that came from one."""
    if actor.user_id is None:
        return None
    site = site_of(request)
    came_by = (factor.partition(":")[2] for factor in actor.factors if factor.startswith("oidc:"))
    door = next((site.doors[name] for name in came_by if name in site.doors), None)
    if door is None:
        return None
    proof = await domain.proof_of(actor.user_id, door.provider.id)
    if not proof:
        return None
    back = f"{site.settings.origin}{LEFT}"
    try:
        address = await door.logout_url(proof, back, secrets.token_urlsafe(32))
    except (Unreachable, Untrusted) as error:  # here one is signed out all the same
        log.warning("oidc logout", provider=door.provider.id, reason=error.message)
        return None
    return away(request, door.provider.title, address, leaving=True) if address else None
