"""Reading events back: as values, with their history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from palabre.errors import NotFound
from palabre.events.domain.rows import CONTENT_COLUMNS, content_from_json, content_of
from palabre.events.models import Event, EventRevision
from palabre.events.values import Content
from palabre.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Revision:
    """What an event said after one save. `actor` is a display name, "" for the system."""

    version: int
    action: str
    actor: str
    at: datetime
    publication: str
    content: Content
    actor_id: UUID | None = None


def content_of_event(event: Event) -> Content:
    """Return what a loaded event says."""
    return content_of({name: getattr(event, name) for name in CONTENT_COLUMNS})


async def event_by_slug(slug: str) -> Event:
    """Return the event at this address with its organisation and venue; raises NotFound.

    Whether the reader may see it is `can`'s to say.
    """
    event = await Event.get_or_none(slug=slug).select_related("organisation", "venue")
    if event is None:
        raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
    return event


async def history(event_id: UUID) -> list[Revision]:
    """Return all revisions of an event, newest first."""
    rows = (
        await EventRevision.filter(event_id=event_id).select_related("actor").order_by("-version")
    )
    return [
        Revision(
            row.version,
            row.action,
            row.actor.display_name if row.actor else "",
            row.at,
            row.content.get("publication", ""),
            content_from_json(row.content),
            row.actor_id,
        )
        for row in rows
    ]
