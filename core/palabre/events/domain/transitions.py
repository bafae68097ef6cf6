"""An event's life: from draft to the public and out again, and what became of it.

    draft ─submit→ submitted ─publish→ published ─withdraw→ withdrawn ─publish→ published
      └──────────────publish─────────────↑  submitted ─refuse→ refused ─submit→ submitted

Withdrawing a published event leaves a cancelled tombstone in the feeds: a subscriber's calendar
then says that it is off, where a mere absence might keep it for ever (FEED.md E20, M05).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import transaction
from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.models import Event
from palabre.events.values import AllDay, Content, Publication, Status, Timed, When
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor, can

MAX_REASON = 2_000
_FROM = {
    Publication.SUBMITTED: {Publication.DRAFT, Publication.REFUSED},
    Publication.PUBLISHED: {
        Publication.DRAFT,
        Publication.SUBMITTED,
        Publication.REFUSED,
        Publication.WITHDRAWN,
    },
    Publication.REFUSED: {Publication.SUBMITTED},
    Publication.WITHDRAWN: {Publication.PUBLISHED},
    Publication.DRAFT: {Publication.SUBMITTED, Publication.REFUSED},
}


async def submit(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Hand a draft (or a refused event, mended) to whoever may publish it."""
    return await _move(actor, event_id, Publication.SUBMITTED, "submitted", version)


async def take_back(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Turn a submitted or refused event into a draft again."""
    return await _move(actor, event_id, Publication.DRAFT, "taken_back", version)


async def publish(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Show an event to everybody; a withdrawn one comes back under its old address and UID."""
    return await _move(actor, event_id, Publication.PUBLISHED, "published", version)


async def withdraw(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Take a published event off the pages; the feeds say "cancelled" for at least 60 days."""
    return await _move(actor, event_id, Publication.WITHDRAWN, "withdrawn", version)


async def refuse(actor: Actor, event_id: UUID, reason: str, version: int | None = None) -> Saved:
    """Send a submitted event back with a reason; raises Refused when there is none."""
    said = reason.strip()
    if not said or len(said) > MAX_REASON:
        raise Refused(
            _("Écrivez en quelques mots pourquoi : l’auteur doit pouvoir corriger."), field="reason"
        )
    async with transaction():
        saved = await _move(actor, event_id, Publication.REFUSED, "refused", version)
        await Event.filter(id=event_id).update(refusal_reason=said)
    return saved


async def cancel(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Say that an event will not take place; it stays visible, marked "Annulé"."""
    return await _set_status(actor, event_id, Status.CANCELLED, "cancelled", version)


async def reinstate(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Undo a cancellation or postponement: the event takes place as it says."""
    return await _set_status(actor, event_id, Status.SCHEDULED, "reinstated", version)


async def postpone(actor: Actor, event_id: UUID, version: int | None = None) -> Saved:
    """Say that an event is put off to a date not known yet."""
    return await _set_status(actor, event_id, Status.POSTPONED, "postponed", version)


async def reschedule(actor: Actor, event_id: UUID, when: When, version: int | None = None) -> Saved:
    """Give an event another time and say that it was moved."""
    return await _change(
        actor,
        event_id,
        lambda content: replace(content, when=when, status=Status.RESCHEDULED),
        "rescheduled",
        version,
    )


async def duplicate(actor: Actor, event_id: UUID, shift: timedelta = timedelta()) -> Saved:
    """Make a draft that says the same, `shift` later; single-date changes are not taken along."""
    event = await visible_event(actor, event_id)
    content = content_of_event(event)
    copy = replace(
        content,
        title=_("{title} (copie)").format(title=content.title[:190]),
        when=_shifted(content.when, shift),
        status=Status.SCHEDULED,
        recurrence=None if shift else content.recurrence,
        overrides=(),
    )
    return await save_event(
        actor, Change(copy, event.organisation_id, action="duplicated", is_demo=event.is_demo)
    )


async def delete(actor: Actor, event_id: UUID, version: int | None = None) -> None:
    """Delete an event that never was public, for good; a public one is withdrawn instead."""
    event = await visible_event(actor, event_id)
    if not can(actor, "event.delete", event):
        raise Denied(_("Vous n’avez pas le droit de supprimer cet événement."))
    if event.published_at is not None:
        if event.publication == Publication.PUBLISHED:
            await withdraw(actor, event_id, version)
        return
    _check_version(event, version)
    async with transaction():
        gone = await Event.filter(id=event_id, version=event.version, published_at=None).delete()
        if not gone:
            raise Conflict(_changed_sentence(), current=event.version)
        await audit.record(actor, "event.deleted", kind="event", object_id=event_id)


async def visible_event(actor: Actor, event_id: UUID) -> Event:
    """Return the event; raises NotFound alike when it isn't there and when it may not be seen."""
    event = await Event.get_or_none(id=event_id)
    if event is None or not can(actor, "event.view", event):
        raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
    return event


async def _move(
    actor: Actor, event_id: UUID, to: Publication, action: str, version: int | None
) -> Saved:
    event = await visible_event(actor, event_id)
    if event.publication not in _FROM[to] | {to}:
        raise Refused(_("Cet événement n’est pas dans un état qui le permet. Rechargez la page."))
    change = Change(
        content_of_event(event),
        event.organisation_id,
        event_id,
        expected_version=event.version if version is None else version,
        publication=to,
        action=action,
    )
    return await save_event(actor, change)


async def _set_status(
    actor: Actor, event_id: UUID, status: Status, action: str, version: int | None
) -> Saved:
    return await _change(
        actor, event_id, lambda content: replace(content, status=status), action, version
    )


async def _change(
    actor: Actor,
    event_id: UUID,
    edit: Callable[[Content], Content],
    action: str,
    version: int | None,
) -> Saved:
    event = await visible_event(actor, event_id)
    if event.published_at is not None and not can(actor, "event.cancel", event):
        raise Denied(_("Seuls les responsables de l’organisation peuvent faire cela."))
    change = Change(
        edit(content_of_event(event)),
        event.organisation_id,
        event_id,
        expected_version=event.version if version is None else version,
        action=action,
    )
    return await save_event(actor, change)


def _shifted(when: When, shift: timedelta) -> When:
    """Move by whole days on the calendar, so that 20:00 stays 20:00 over a change of clocks."""
    if isinstance(when, AllDay):
        return replace(when, starts=when.starts + shift, ends=when.ends + shift)
    ends = when.ends + shift if when.ends is not None else None
    return Timed(when.starts + shift, ends, when.zone, floating=when.floating)


def _check_version(event: Event, version: int | None) -> None:
    if version is not None and version != event.version:
        raise Conflict(_changed_sentence(), current=event.version)


def _changed_sentence() -> str:
    return _("Quelqu’un d’autre a modifié cet événement entre-temps. Rechargez la page.")
