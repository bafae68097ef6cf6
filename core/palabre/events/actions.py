"""What becomes of an event: one button each on its page."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import Conflict, NotFound, Refused
from palabre.events.domain import transitions
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Saved
from palabre.events.form_page import show_refused
from palabre.events.inputs import read_date, read_time
from palabre.events.models import Event
from palabre.events.recurrence import moved
from palabre.events.requests import count_save, settled, typed_in, version_of, visible_event
from palabre.events.typed import Typed
from palabre.events.values import AllDay
from palabre.events.zones import at_wall_clock, zone_of
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor

Act = Callable[[Actor, Event, Typed], Awaitable[Saved]]


async def act(request: Request) -> Response:
    """POST does what one button of the event's page says; the domain knows who may."""
    actor, event = await visible_event(request)
    typed = await typed_in(request)
    done = typed.one("do")
    if done == "delete":
        await transitions.delete(actor, event.id, version_of(typed))
        return await settled(request, "/mes-evenements?fait=delete")
    if done not in _ACTS:
        raise NotFound(_("Ce bouton n’existe pas."))
    try:
        await count_save(actor)
        saved = await _ACTS[done](actor, event, typed)
    except Conflict:
        raise
    except Refused as refusal:
        return await show_refused(request, actor, event, refusal)
    return await settled(request, f"/evenements/{saved.slug}/modifier?fait={done}")


async def _submit(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.submit(actor, event.id, version_of(typed))


async def _take_back(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.take_back(actor, event.id, version_of(typed))


async def _publish(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.publish(actor, event.id, version_of(typed))


async def _refuse(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.refuse(actor, event.id, typed.one("reason"), version_of(typed))


async def _withdraw(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.withdraw(actor, event.id, version_of(typed))


async def _cancel(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.cancel(actor, event.id, version_of(typed))


async def _reinstate(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.reinstate(actor, event.id, version_of(typed))


async def _postpone(actor: Actor, event: Event, typed: Typed) -> Saved:
    return await transitions.postpone(actor, event.id, version_of(typed))


async def _duplicate(actor: Actor, event: Event, _typed: Typed) -> Saved:
    return await transitions.duplicate(actor, event.id)


async def _reschedule(actor: Actor, event: Event, typed: Typed) -> Saved:
    """Give the event a new day, and a new hour where one was typed; it lasts as long as before."""
    content = content_of_event(event)
    when = content.when
    if content.recurrence is not None:
        raise Refused(
            _("Cet événement a plusieurs dates : déplacez-en une, ou changez sa répétition."),
            "new_date",
        )
    day = read_date(typed.one("new_date"), "new_date")
    if isinstance(when, AllDay):
        return await transitions.reschedule(actor, event.id, moved(when, day), version_of(typed))
    zone = zone_of(when.zone)
    hour = typed.one("new_time").strip()
    clock = read_time(hour, "new_time") if hour else when.starts.astimezone(zone).time()
    start = at_wall_clock(datetime.combine(day, clock), zone)
    return await transitions.reschedule(actor, event.id, moved(when, start), version_of(typed))


_ACTS: Mapping[str, Act] = {
    "submit": _submit,
    "take_back": _take_back,
    "publish": _publish,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "cancel": _cancel,
    "reinstate": _reinstate,
    "postpone": _postpone,
    "reschedule": _reschedule,
    "duplicate": _duplicate,
}
