"""The event form: new, edited, previewed, and two editors' versions brought together."""

from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events import places
from palabre.events.comparing import MINE, THEIRS, choices, merge, venue_ids
from palabre.events.domain.reading import content_of_event, event_by_slug, history
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.form_context import context_of, usual_categories
from palabre.events.form_dates import preview
from palabre.events.form_filling import empty, fill
from palabre.events.forms import read, read_dates
from palabre.events.models import Event
from palabre.events.typed import Reading, Typed
from palabre.events.values import Content, Publication
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.i18n import gettext as _
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can
from palabre.web.site import actor_of, form_of, site_of
from palabre.web.templates import render

# Which publication each button asks for, and from where; elsewhere it only saves.
_ASKED = {
    "submit": (Publication.SUBMITTED, {Publication.DRAFT, Publication.REFUSED}),
    "publish": (Publication.PUBLISHED, set(Publication) - {Publication.PUBLISHED}),
}
# A part of the page asked for by our JavaScript instead of the whole.
FRAGMENT_HEADER = "x-palabre-fragment"
MAX_ADDRESS = 300  # characters of a slug: ours are shorter, so a longer one names nothing


@dataclass(slots=True)
class Editing:
    """A form being filled: whose event it is, what was typed, what is to be said about it.

    `seen` is what the event said in the version that the editor began from.
    """

    actor: Actor
    organisations: list[Organisation]
    event: Event | None = None
    seen: Content | None = None
    typed: Typed = field(default_factory=Typed)
    reading: Reading = field(default_factory=Reading)
    found: places.Found = field(default_factory=places.Found)


async def new(request: Request) -> Response:
    """GET shows an empty form, POST previews, keeps a draft, submits or publishes."""
    actor = await actor_of(request)
    editing = Editing(actor, await organisations_of(actor))
    if not editing.organisations:
        raise Denied(_("Pour créer un événement, il faut être membre d’une organisation."))
    if request.method == "POST":
        editing.typed = Typed((await form_of(request)).multi_items())
        return await _posted(request, editing)
    asked = request.query_params.get("organisation", "")
    chosen = next((str(o.id) for o in editing.organisations if o.slug == asked), "")
    zone = site_of(request).settings.time_zone
    editing.typed = Typed([*empty(zone).items(), ("organisation", chosen)])
    return await _form(request, editing)


async def edit(request: Request) -> Response:
    """GET shows an event's form, POST previews or saves; a conflict shows both versions."""
    actor, event = await editable(request)
    editing = Editing(actor, [event.organisation], event, content_of_event(event))
    if request.method == "POST":
        editing.typed = Typed((await form_of(request)).multi_items())
        editing.seen = await _seen(event, editing.typed)
        return await _posted(request, editing)
    editing.typed = await filled(editing.seen or content_of_event(event), event.version)
    return await _form(request, editing)


async def editable(request: Request) -> tuple[Actor, Event]:
    """Return the actor and the event of the address; raises NotFound or Denied."""
    actor = await actor_of(request)
    event = await event_by_slug(slug_of(request))
    if not can(actor, "event.view", event):
        raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
    if not can(actor, "event.edit", event):
        raise Denied(_("Vous n’avez pas le droit de modifier cet événement."))
    return actor, event


async def organisations_of(actor: Actor) -> list[Organisation]:
    """Return the organisations for which `actor` may create events, by name."""
    known = (
        Organisation.all()
        if actor.is_administrator
        else Organisation.filter(id__in=list(actor.roles))
    )
    return [found for found in await known.order_by("name") if can(actor, "event.create", found)]


async def filled(content: Content, version: int) -> Typed:
    """Return the form of `content` with its venue's name, as of `version`."""
    known = await places.labels(venue_ids(content))
    venue = content.venue_id
    pairs = [("version", str(version))]
    if venue is not None and venue in known:
        pairs += [("venue", known[venue]), ("venue_id", str(venue))]
    return Typed([*fill(content).items(), *pairs])


async def settled(request: Request, address: str) -> Response:
    """Go to `address` when all pages and feeds of this process know of the save."""
    await site_of(request).feeds.settle()
    return RedirectResponse(address, status_code=303)


async def _posted(request: Request, editing: Editing) -> Response:
    if editing.typed.one("do") in {"preview", "more"}:
        return await _preview(request, editing)
    editing.reading = read(editing.typed, editing.seen)
    editing.found = await places.find(editing.typed, editing.reading)
    organisation = _organisation(editing)
    content = editing.reading.content
    if content is None or organisation is None or editing.reading.faults:
        return await _form(request, editing, status=422)
    content = replace(content, venue_id=await places.make(editing.reading, editing.found))
    try:
        saved = await _save(editing, organisation, content)
    except Conflict:
        return await _conflict(request, editing, content)
    except Refused as refusal:
        editing.reading.faults[refusal.field or ""] = refusal.message
        return await _form(request, editing, status=422)
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
    return await save_event(
        editing.actor,
        Change(
            content,
            organisation.id,
            event.id if event else None,
            expected_version=version_of(typed) if event else None,
            publication=publication,
            action=action,
        ),
    )


async def _preview(request: Request, editing: Editing) -> Response:
    editing.reading = read_dates(editing.typed, editing.seen)
    if request.headers.get(FRAGMENT_HEADER):
        return render(request, "events/dates_preview.html", _dates(editing.reading))
    return await _form(request, editing)


async def _conflict(request: Request, editing: Editing, mine: Content) -> Response:
    """Show both versions, part by part; all that was typed stays in the page."""
    event = await event_by_slug(editing.event.slug if editing.event else "")
    theirs = content_of_event(event)
    names = await places.labels(venue_ids(mine, theirs))
    last = (await history(event.id))[:1]
    begun = editing.typed.one("seen") or editing.typed.one("version")
    dropped = {"csrf", "version", "seen", "merging"}
    context = {
        "event": event,
        "choices": choices(editing.seen, mine, theirs, names),
        "chosen": editing.typed,
        "other": last[0] if last else None,
        "incomplete": bool(editing.typed.one("merging")),
        "hidden": [
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


async def _form(request: Request, editing: Editing, status: int = 200) -> Response:
    reading, typed = editing.reading, editing.typed
    if reading.content is None and not reading.faults:
        shown = read_dates(typed, editing.seen) if typed.one("start_date") else Reading()
    elif reading.content is None:
        shown = read_dates(typed, editing.seen)
        shown.faults = {}
    else:
        shown = reading
    context: dict[str, Any] = context_of(typed, editing.seen)
    context |= _dates(shown)
    context |= {
        "event": editing.event,
        "organisations": editing.organisations,
        "organisation_options": [(str(o.id), o.name) for o in editing.organisations],
        "publishes": _publishes(editing),
        "faults": reading.faults,
        "look_alikes": editing.found.look_alikes,
        "venues": await places.suggestions(),
        "categories": await usual_categories(typed.many("categories")),
        "done": request.query_params.get("fait", ""),
    }
    return render(request, "events/form.html", context, status)


def _dates(reading: Reading) -> dict[str, Any]:
    content = reading.content
    repeated = content and content.recurrence
    rhythm = recurrence_in_words(repeated, content.when) if content and repeated else ""
    return {
        "rows": preview(content) if content else [],
        "rhythm": rhythm[:1].upper() + rhythm[1:],
        "date_faults": reading.faults,
        "notices": reading.notices,
        "when_in_words": when_in_words,
    }


def _publishes(editing: Editing) -> bool:
    things = [editing.event] if editing.event else editing.organisations
    return any(can(editing.actor, "event.publish", thing) for thing in things)


def _organisation(editing: Editing) -> Organisation | None:
    if len(editing.organisations) == 1:
        return editing.organisations[0]
    wanted = editing.typed.one("organisation")
    found = next((o for o in editing.organisations if str(o.id) == wanted), None)
    if found is None:
        editing.reading.faults["organisation"] = _("Choisissez l’organisation.")
    return found


async def _seen(event: Event, typed: Typed) -> Content:
    """Return what the editor had before them: the present version, or an older one."""
    version = _number(typed.one("seen") or typed.one("version"))
    if version != event.version:
        for revision in await history(event.id):
            if revision.version == version:
                return revision.content
    return content_of_event(event)


def slug_of(request: Request) -> str:
    """Return the event's name in the address; PostgreSQL takes no NUL."""
    return str(request.path_params["slug"]).replace("\0", "")[:MAX_ADDRESS]


def version_of(typed: Typed) -> int:
    """Return the version that a form was made from; without one no version matches."""
    return _number(typed.one("version"))


async def show_refused(request: Request, actor: Actor, event: Event, refusal: Refused) -> Response:
    """Show the event's form with what one of its buttons could not do."""
    content = content_of_event(event)
    editing = Editing(actor, [event.organisation], event, content)
    editing.typed = await filled(content, event.version)
    editing.reading.faults[refusal.field or ""] = refusal.message
    return await _form(request, editing, status=422)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
