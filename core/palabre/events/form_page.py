"""The page of the event form, as it stands: empty, filled, or with what is to be mended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import Refused
from palabre.events import extras, partners, places
from palabre.events.domain.derived import days as days_of
from palabre.events.domain.reading import content_of_event
from palabre.events.form_context import context_of, usual_categories
from palabre.events.form_dates import Row, preview
from palabre.events.form_filling import fill
from palabre.events.forms import read_dates
from palabre.events.models import Event
from palabre.events.typed import Reading, Typed
from palabre.events.values import Content
from palabre.events.words import recurrence_in_words, when_in_words
from palabre.events.zones import zone_of
from palabre.i18n import gettext as _
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can
from palabre.web.templates import render


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


async def filled(content: Content, version: int) -> Typed:
    """Return the form of `content` with its venue's name, as of `version`."""
    known = await partners.names_in(content)
    venue = content.venue_id
    pairs = [("version", str(version))]
    if venue is not None and venue in known:
        pairs += [("venue", known[venue]), ("venue_id", str(venue))]
    pairs += [
        (partners.FIELD, known[partner]) for partner in content.co_organiser_ids if partner in known
    ]
    return Typed([*fill(content).items(), *pairs])


async def form_page(request: Request, editing: Editing, status: int = 200) -> Response:
    """Show the form with what was typed, the dates it means and the faults found in it."""
    reading, typed = editing.reading, editing.typed
    shown = reading
    if reading.content is None or reading.faults:
        # The dates stay in view while something else is mended.
        shown = read_dates(typed, editing.seen) if typed.one("start_date") else Reading()
        shown.faults = {}
    context: dict[str, Any] = context_of(typed, editing.seen)
    context |= dates_context(shown, typed)
    context |= {
        "event": editing.event,
        "organisations": editing.organisations,
        "organisation_options": [(str(o.id), o.name) for o in editing.organisations],
        "publishes": _publishes(editing),
        "faults": reading.faults,
        "look_alikes": editing.found.look_alikes,
        "venues": await places.suggestions(),
        "partners": await partners.suggestions(),
        "categories": await usual_categories(typed.many("categories")),
        "sections": extras.sections_for([o.id for o in editing.organisations]),
        "section_labels": extras.labels(),
        "done": request.query_params.get("fait", ""),
    }
    return render(request, "events/form.html", context, status)


async def show_refused(request: Request, actor: Actor, event: Event, refusal: Refused) -> Response:
    """Show the event's form with what one of its buttons could not do."""
    content = content_of_event(event)
    editing = Editing(actor, [event.organisation], event, content)
    editing.typed = await filled(content, event.version)
    editing.reading.faults[refusal.field or ""] = refusal.message
    return await form_page(request, editing, status=422)


def dates_context(reading: Reading, typed: Typed) -> dict[str, Any]:
    """Return what the preview of the dates shows; dates that can't be shown stay removed."""
    content = reading.content
    repeated = content and content.recurrence
    rhythm = recurrence_in_words(repeated, content.when) if content and repeated else ""
    rows = preview(content) if content else []
    return {
        "rows": rows,
        "removed": [] if content else typed.many("removed"),
        "rhythm": rhythm[:1].upper() + rhythm[1:],
        "date_faults": reading.faults,
        "notices": [*reading.notices, *_warnings(rows)],
        "when_in_words": when_in_words,
    }


def _warnings(rows: Sequence[Row]) -> list[str]:
    """Return what looks like a slip of the pen: a year mistyped on a phone."""
    kept = [row.when for row in rows if not row.removed]
    over = all(days_of(when)[1] < datetime.now(zone_of(when.zone)).date() for when in kept)
    return [_("Toutes ces dates sont passées.")] if kept and over else []


def _publishes(editing: Editing) -> bool:
    things = [editing.event] if editing.event else editing.organisations
    return any(can(editing.actor, "event.publish", thing) for thing in things)
