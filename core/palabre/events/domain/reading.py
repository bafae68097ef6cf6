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


async def history(
    event_id: UUID, *, until: int | None = None, limit: int | None = None
) -> list[Revision]:
    """Return the revisions of an event, newest first: `limit` of them, from version `until` back."""
    wanted = EventRevision.filter(event_id=event_id)
    if until is not None:
        wanted = wanted.filter(version__lte=until)
    rows = wanted.select_related("actor").order_by("-version")
    return [_revision(row) for row in await (rows if limit is None else rows.limit(limit))]


async def revision(event_id: UUID, version: int) -> Revision | None:
    """Return what an event said in `version`, or None."""
    found = await history(event_id, until=version, limit=1)
    return next((each for each in found if each.version == version), None)


def _revision(row: EventRevision) -> Revision:
    return Revision(
        row.version,
        row.action,
        row.actor.display_name if row.actor else "",
        row.at,
        row.content.get("publication", ""),
        content_from_json(row.content),
        row.actor_id,
    )
