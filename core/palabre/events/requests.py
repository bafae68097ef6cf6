"""What the editors' pages take from a request: the event, who edits it, which version they saw."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Denied, NotFound, Refused, TooMany
from palabre.events.domain.reading import event_by_slug
from palabre.events.models import Event
from palabre.events.typed import Typed
from palabre.i18n import gettext as _
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can
from palabre.web.limits import Limit, take
from palabre.web.site import actor_of, form_of, site_of

SAVES = Limit("saves of events", 300, timedelta(hours=1))
MAX_ADDRESS = 300  # characters of a slug: ours are shorter, so a longer one names nothing


async def visible_event(request: Request) -> tuple[Actor, Event]:
    """Return the actor and the event of the address; raises NotFound."""
    actor = await actor_of(request)
    slug = str(request.path_params["slug"])[:MAX_ADDRESS]
    event = await event_by_slug(slug)
    if not can(actor, "event.view", event):
        raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
    return actor, event


async def editable_event(request: Request) -> tuple[Actor, Event]:
    """Return the actor and the event of the address; raises NotFound or Denied."""
    actor, event = await visible_event(request)
    if not can(actor, "event.edit", event):
        raise Denied(_("Vous n’avez pas le droit de modifier cet événement."))
    return actor, event


async def organisations_of(actor: Actor) -> list[Organisation]:
    """Return the organisations for which `actor` may create events, by name."""
    everyone = Organisation.filter(merged_into_id=None)
    known = everyone if actor.is_administrator else everyone.filter(id__in=list(actor.roles))
    return [found for found in await known.order_by("name") if can(actor, "event.create", found)]


async def typed_in(request: Request) -> Typed:
    """Return the posted values."""
    return Typed((await form_of(request)).multi_items())


def version_of(typed: Typed, field: str = "version") -> int:
    """Return the version that a form was made from; without one no version matches."""
    text = typed.one(field)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


async def count_save(actor: Actor) -> None:
    """Count a save of `actor`'s; raises Refused, so that what was typed stays, when too many."""
    try:
        await take(SAVES, str(actor.user_id))
    except TooMany as error:
        raise Refused(error.message) from error


async def settled(request: Request, address: str) -> Response:
    """Go to `address` once all pages and feeds of this process know of the save."""
    await site_of(request).feeds.settle()
    return RedirectResponse(address, status_code=303)
