"""The same form sent twice (a double tap on a slow line) makes one event, not two."""

from datetime import UTC, datetime, timedelta

from palabre.database.connection import transaction
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.domain.validation import clean
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.people.permissions import Actor

# Who means it twice waits this long, or changes a word.
SAME_TAP = timedelta(minutes=2)


async def save_new(actor: Actor, change: Change) -> Saved:
    """Save a new event, or return the one that the same person made of the same words just now.

    One lock per person: two posts that arrive together wait for each other.
    """
    async with transaction() as connection:
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"new event {actor.user_id}"
        )
        wanted = clean(change.content)
        recent = Event.filter(
            created_by_id=actor.user_id,
            organisation_id=change.organisation_id,
            title=wanted.title,
            publication=change.publication or Publication.DRAFT,
            created_at__gte=datetime.now(UTC) - SAME_TAP,
        )
        for event in await recent.order_by("-created_at").limit(3):
            if content_of_event(event) == wanted and event.version == 1:
                return Saved(event.id, event.slug, event.version, changed=True)
        return await save_event(actor, change)
