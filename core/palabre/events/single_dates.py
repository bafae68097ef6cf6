"""One date of a repeated event: cancelled, moved, or as in the series again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from palabre.errors import NotFound, Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, save_event
from palabre.events.domain.validation import MAX_DESCRIPTION, clean_when
from palabre.events.form_dates import date_key, read_when
from palabre.events.form_filling import when_pairs
from palabre.events.recurrence import SingleDate, expand
from palabre.events.requests import editable_event, settled, typed_in, version_of
from palabre.events.texts import block
from palabre.events.typed import Reading, Typed
from palabre.events.values import AllDay, Content, Override, Status
from palabre.events.words import when_in_words
from palabre.i18n import gettext as _
from palabre.web.templates import render

MAX_REASON = 1_000
KEEP, CANCEL, MOVE = "keep", "cancel", "move"


async def dates_page(request: Request) -> Response:
    """GET shows all dates of an event, each with its own form a click away."""
    _actor, event = await editable_event(request)
    content = content_of_event(event)
    today = datetime.now(UTC).date()
    singles = _by_key(content)
    coming = {key: one for key, one in singles.items() if _day(one) >= today - timedelta(days=1)}
    context = {
        "event": event,
        "coming": coming,
        "past": {key: one for key, one in singles.items() if key not in coming},
        "when_in_words": when_in_words,
    }
    return render(request, "events/dates.html", context)


async def date_page(request: Request) -> Response:
    """GET shows the form of one date, POST saves what becomes of it."""
    actor, event = await editable_event(request)
    content = content_of_event(event)
    key = request.path_params["date"]
    single = _by_key(content).get(key)
    if single is None or single.original is None:
        raise NotFound(_("Cet événement n’a pas lieu à cette date."))
    typed, faults = _filled(single, content, event.version), {}
    if request.method == "POST":
        typed = await typed_in(request)
        reading = Reading()
        overrides = reading.attempt(None, _overrides, typed, reading, content, single)
        if overrides is not None and not reading.faults:
            change = Change(
                replace(content, overrides=overrides),
                event.organisation_id,
                event.id,
                expected_version=version_of(typed),
                action="date_changed",
            )
            await save_event(actor, change)
            return await settled(request, f"/evenements/{event.slug}/dates?fait=date")
        faults = reading.faults
    context = {
        "event": event,
        "single": single,
        "typed": typed,
        "faults": faults,
        "series_words": when_in_words(single.when),
        "all_day": isinstance(content.when, AllDay),
    }
    return render(request, "events/date.html", context, status=422 if faults else 200)


def _by_key(content: Content) -> Mapping[str, SingleDate]:
    return {
        date_key(single.original or single.when.starts, content.when): single
        for single in expand(content)
    }


def _day(single: SingleDate) -> date:
    starts = single.when.starts
    return starts.date() if isinstance(starts, datetime) else starts


def _filled(single: SingleDate, content: Content, version: int) -> Typed:
    override = single.override
    answer = KEEP
    if override is not None:
        answer = CANCEL if single.cancelled else MOVE if override.when else KEEP
    reason = (override.description if override else "") or ""
    return Typed(
        [
            ("version", str(version)),
            ("answer", answer),
            ("reason", reason.removesuffix(f"\n\n{content.description}")),
            *when_pairs(single.when),
        ]
    )


def _moved_by_hand(typed: Typed, single: SingleDate) -> bool:
    """Whether a day or an hour was typed that is not the one the form came with."""
    shown = {name: value for name, value in when_pairs(single.when) if name != "zone"}
    return any(typed.many(name) and typed.one(name) != shown[name] for name in shown)


def _overrides(
    typed: Typed, reading: Reading, content: Content, single: SingleDate
) -> tuple[Override, ...]:
    """Return all changed dates with this one's new fate."""
    original = single.original
    if original is None:
        raise Refused(_("Cet événement n’a qu’une date."), "answer")
    others = tuple(one for one in content.overrides if one.original != original)
    old = single.override or Override(original)
    plain = replace(old, cancelled=False, when=None, status=None, description=None)
    reason = block(typed.one("reason"), "reason", MAX_REASON)
    match typed.one("answer"):
        case "keep":
            if _moved_by_hand(typed, single):
                raise Refused(
                    _(
                        "Vous avez changé la date ou l’heure : choisissez « est déplacée »"
                        " pour la changer."
                    ),
                    "answer",
                )
            return others if plain == Override(original) else (*others, plain)
        case "cancel":
            cancelled = replace(plain, cancelled=True, description=reason or None)
            return (*others, cancelled)
        case "move":
            dated = Typed([*typed.items(), ("zone", content.when.zone)])
            when = read_when(dated, reading, None)
            if when is None:
                return content.overrides
            words = f"{reason}\n\n{content.description}"[:MAX_DESCRIPTION] if reason else None
            moved = replace(
                plain, when=clean_when(when), status=Status.RESCHEDULED, description=words
            )
            return (*others, moved)
    raise Refused(_("Choisissez ce que devient cette date."), "answer")
