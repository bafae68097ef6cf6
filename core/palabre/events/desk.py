"""The editor's desk: one's own events by state, and what waits for a moderator."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q
from tortoise.functions import Count

from palabre import plugins
from palabre.events.domain.reading import content_of_event
from palabre.events.labels import PUBLICATIONS
from palabre.events.models import Event
from palabre.events.requests import organisations_of
from palabre.events.values import Publication
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.i18n import gettext as _
from palabre.people.models import Organisation
from palabre.people.permissions import can
from palabre.web.site import actor_of
from palabre.web.templates import render

PAGE_SIZE = 40
MAX_PAGE = 1_000
_MAX_QUERY = 100


async def desk(request: Request) -> Response:
    """Show the events of the organisations that the reader writes for or coordinates.

    Those that changed last come first.
    """
    actor = await actor_of(request)
    own = await organisations_of(actor)
    below = await Organisation.filter(id__in=list(actor.below)).order_by("name")
    organisations = [*own, *(found for found in below if found not in own)]
    asked = request.query_params
    state = asked.get("etat", "") if asked.get("etat", "") in set(Publication) else ""
    chosen = next((o for o in organisations if o.slug == asked.get("organisation")), None)
    text = asked.get("q", "").replace("\0", "").strip()[:_MAX_QUERY]
    mine = Q(organisation_id__in=[o.id for o in ([chosen] if chosen else organisations)])
    if text:
        mine &= Q(title__icontains=text)
    wanted = mine & Q(publication=Publication(state)) if state else mine
    context = await _page(request, wanted)
    context |= {
        "organisations": organisations,
        "chosen": chosen,
        "state": state,
        "text": text,
        "counts": await _counts(mine),
        "can_create": bool(own),
        "done": asked.get("fait", ""),
        "cards": await plugins.current().cards(actor),
        "moderates": can(actor, "site.moderate"),
    }
    return render(request, "events/desk.html", context)


async def moderation(request: Request) -> Response:
    """Show what waits to be read before publication, oldest first."""
    waiting = Q(publication=Publication.SUBMITTED)
    context = await _page(request, waiting, order="changed_at")
    return render(request, "events/moderation.html", context)


async def _page(request: Request, wanted: Q, order: str = "-changed_at") -> dict[str, Any]:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    number = min(max(number, 1), MAX_PAGE)
    found = (
        await Event.filter(wanted)
        .select_related("organisation", "venue")
        .order_by(order, "id")
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    return {
        "events": [(event, *_when(event)) for event in found[:PAGE_SIZE]],
        "page": number,
        "more": len(found) > PAGE_SIZE,
        "publications": {state.value: _(name) for state, name in PUBLICATIONS.items()},
    }


async def _counts(mine: Q) -> dict[str, int]:
    rows = (
        await Event.filter(mine)
        .annotate(number=Count("id"))
        .group_by("publication")
        .values("publication", "number")
    )
    return {str(row["publication"]): row["number"] for row in rows}


def _when(event: Event) -> Sequence[str]:
    content = content_of_event(event)
    series = content.recurrence
    return when_in_words(content.when), recurrence_in_words(series, content.when) if series else ""
