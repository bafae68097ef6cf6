"""The event form: new, edited, previewed, and two editors' versions brought together."""

from dataclasses import replace
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events import partners, places
from palabre.events.comparing import MINE, THEIRS, choices, merge
from palabre.events.domain.reading import content_of_event, event_by_slug, history, revision
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.domain.twins import save_new
from palabre.events.form_filling import empty
from palabre.events.form_page import Editing, dates_context, filled, form_page
from palabre.events.forms import read, read_dates
from palabre.events.models import Event
from palabre.events.requests import (
    count_save,
    editable_event,
    organisations_of,
    settled,
    typed_in,
    version_of,
)
from palabre.events.typed import Typed
from palabre.events.values import Content, Publication
from palabre.i18n import gettext as _
from palabre.people.models import Organisation
from palabre.web.site import actor_of, site_of
from palabre.web.templates import render

# Which publication each button asks for, and from where; elsewhere it only saves.
_ASKED = {
    "submit": (Publication.SUBMITTED, {Publication.DRAFT, Publication.REFUSED}),
    "publish": (Publication.PUBLISHED, set(Publication) - {Publication.PUBLISHED}),
}
# A part of the page asked for by our JavaScript instead of the whole.
FRAGMENT_HEADER = "x-palabre-fragment"


async def new(request: Request) -> Response:
    """GET shows an empty form, POST previews, keeps a draft, submits or publishes."""
    actor = await actor_of(request)
    editing = Editing(actor, await organisations_of(actor))
    if not editing.organisations:
        raise Denied(_("Pour créer un événement, il faut être membre d’une organisation."))
    if request.method == "POST":
        editing.typed = await typed_in(request)
        return await _posted(request, editing)
    chosen = await _usual(editing, request.query_params.get("organisation", ""))
    zone = site_of(request).settings.time_zone
    editing.typed = Typed([*empty(zone).items(), ("organisation", chosen)])
    return await form_page(request, editing)


async def edit(request: Request) -> Response:
    """GET shows an event's form, POST previews or saves; a conflict shows both versions.

    What was typed for an event that somebody deleted meanwhile comes back as a new event's form.
    """
    try:
        actor, event = await editable_event(request)
    except NotFound:
        actor = await actor_of(request)
        organisations = await organisations_of(actor)
        if request.method != "POST" or not organisations:
            raise
        editing = Editing(actor, organisations, typed=await typed_in(request))
        editing.reading.faults[""] = _(
            "Cet événement n’existe plus. Ce que vous avez écrit est encore là :"
            " enregistrez-le pour en faire un nouveau."
        )
        return await form_page(request, editing, status=404)
    editing = Editing(actor, [event.organisation], event, content_of_event(event))
    if request.method == "POST":
        editing.typed = await typed_in(request)
        editing.seen = await _seen(event, editing.typed)
        return await _posted(request, editing)
    editing.typed = await filled(editing.seen or content_of_event(event), event.version)
    return await form_page(request, editing)


async def _posted(request: Request, editing: Editing) -> Response:
    if editing.typed.one("do") in {"preview", "more"}:
        return await _preview(request, editing)
    editing.reading = read(editing.typed, editing.seen)
    editing.found = await places.find(editing.typed, editing.reading)
    organisation = _organisation(editing)
    named = await _partners(editing, organisation)
    content = editing.reading.content
    if content is None or organisation is None or editing.reading.faults:
        return await form_page(request, editing, status=422)
    venue_id = await places.make(editing.reading, editing.found)
    content = replace(content, venue_id=venue_id, co_organiser_ids=named)
    try:
        await count_save(editing.actor)
        saved = await _save(editing, organisation, content)
    except Conflict:
        return await _conflict(request, editing, content)
    except Refused as refusal:
        editing.reading.faults[refusal.field or ""] = refusal.message
        return await form_page(request, editing, status=422)
    done = editing.typed.one("do") if saved.changed else "unchanged"
    done = done if done in {*_ASKED, "unchanged"} else "save"
    return await settled(request, f"/evenements/{saved.slug}/modifier?fait={done}")


async def _save(editing: Editing, organisation: Organisation, content: Content) -> Saved:
    """Save what was typed; two versions brought together must have a choice for each part."""
    event, typed, action = editing.event, editing.typed, "edited"
    if event is not None and typed.one("merging"):
        theirs = content_of_event(event)
        chosen = {
            choice.key: typed.one(f"choose_{choice.key}")
            for choice in choices(editing.seen, content, theirs, {})
        }
        if not set(chosen.values()) <= {MINE, THEIRS}:
            raise Conflict(_("Choisissez une version pour chaque point."), event.version)
        content, action = merge(content, theirs, chosen), "merged"
    wanted, allowed = _ASKED.get(typed.one("do"), (None, set()))
    publication = wanted if event is None or event.publication in allowed else None
    if publication is not None:
        action = "submitted" if publication is Publication.SUBMITTED else "published"
    elif event is None:
        action = "created"
    change = Change(content, organisation.id, publication=publication, action=action)
    if event is None:
        return await save_new(editing.actor, change)
    change = replace(change, event_id=event.id, expected_version=version_of(typed))
    return await save_event(editing.actor, change)


async def _usual(editing: Editing, asked: str) -> str:
    """Return the organisation to begin with: the asked one, else that of one's latest event."""
    ids = {o.slug: str(o.id) for o in editing.organisations}
    if asked in ids:
        return ids[asked]
    mine = Event.filter(created_by_id=editing.actor.user_id).order_by("-created_at")
    last = await mine.first().values_list("organisation_id", flat=True)
    return str(last) if str(last) in ids.values() else ""


async def _preview(request: Request, editing: Editing) -> Response:
    editing.reading = read_dates(editing.typed, editing.seen)
    if request.headers.get(FRAGMENT_HEADER):
        return render(
            request, "events/dates_preview.html", dates_context(editing.reading, editing.typed)
        )
    return await form_page(request, editing)


async def _conflict(request: Request, editing: Editing, mine: Content) -> Response:
    """Show both versions, part by part; all that was typed stays in the page."""
    event = await event_by_slug(editing.event.slug if editing.event else "")
    theirs = content_of_event(event)
    names = await partners.names_in(mine, theirs)
    last = await history(event.id, limit=1)
    begun = editing.typed.one("seen") or editing.typed.one("version")
    dropped = {"csrf", "version", "seen", "merging"}
    context = {
        "event": event,
        "choices": choices(editing.seen, mine, theirs, names),
        "chosen": editing.typed,
        "other": last[0] if last else None,
        "same_person": bool(last) and last[0].actor_id == editing.actor.user_id,
        "incomplete": bool(editing.typed.one("merging")),
        "kept": [
            ("version", str(event.version)),
            ("seen", begun),
            ("merging", "1"),
            *(
                (name, value)
                for name, value in editing.typed.items()
                if name not in dropped and not name.startswith("choose_")
            ),
        ],
    }
    return render(request, "events/conflict.html", context, status=409)


def _organisation(editing: Editing) -> Organisation | None:
    if len(editing.organisations) == 1:
        return editing.organisations[0]
    wanted = editing.typed.one("organisation")
    found = next((o for o in editing.organisations if str(o.id) == wanted), None)
    if found is None:
        editing.reading.faults["organisation"] = _("Choisissez l’organisation.")
    return found


async def _partners(editing: Editing, organisation: Organisation | None) -> tuple[UUID, ...]:
    try:
        return await partners.find(editing.typed, organisation.id if organisation else None)
    except Refused as refusal:
        editing.reading.faults[refusal.field or ""] = refusal.message
        return ()


async def _seen(event: Event, typed: Typed) -> Content:
    """Return what the editor had before them: the present version, or an older one."""
    version = version_of(typed, "seen" if typed.one("seen") else "version")
    if version != event.version:
        older = await revision(event.id, version)
        if older is not None:
            return older.content
    return content_of_event(event)
