"""RRULE, RDATE, EXDATE and EXRULE → `values.Recurrence` (RFC 5545 section 3.8.5).

`events.rules` decides what a rule may say; here the forms that programs write are brought to the
one form it reads: UNTIL in UTC (a day for all-day events), one end only, exceptions of the same
kind and zone as the start.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from palabre.errors import Refused
from palabre.events.recurrence import MAX_COUNT
from palabre.events.rules import Rule, parse_rule, walk
from palabre.events.values import AllDay, Override, Recurrence, Start, Timed, When
from palabre.events.zones import at_wall_clock, zone_of
from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.lines import Property
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.times import Clock, Moment, Unreadable, duration, moment_of

# How far the exceptions of an EXRULE are written out: as far as dates are kept.
_EXRULE_YEARS = 10


def recurrence(
    found: Mapping[str, Sequence[Property]], when: When, clock: Clock, notes: Notebook
) -> tuple[Recurrence | None, tuple[Override, ...]]:
    """Return how an event repeats, and the changes that RDATE periods ask for.

    Args:
        found: all its properties by name.
        when: its own date.
        clock: the zones of its calendar.
        notes: gets what was assumed or refused; a rule that can't be taken leaves the first date.

    """
    rule = _rule(found.get("RRULE", ()), when, notes)
    dates, changes = _extra(found.get("RDATE", ()), when, clock, notes)
    removed = list(_starts(found.get("EXDATE", ()), when, clock, notes))
    removed += _removed_by_rule(found.get("EXRULE", ()), rule, when, notes)
    if not rule and not dates:
        return None, ()
    kept = Recurrence(
        rule=str(rule) if rule else "",
        rdates=_bounded(dates, notes, _line(found, "RDATE")),
        exdates=_bounded(removed, notes, _line(found, "EXDATE", "EXRULE")),
    )
    return kept, changes


def same_kind(point: Moment, when: When) -> Start:
    """Return `point` as the start of `when` is: a day, or an instant in its zone.

    A day beside a timed event means that day at the event's hour; a floating time is read on the
    event's own clock.
    """
    if isinstance(when, AllDay):
        return day_of(point.value, when.zone)
    zone = zone_of(when.zone)
    if not isinstance(point.value, datetime):
        return at_wall_clock(datetime.combine(point.value, _hour(when)), zone)
    if point.form == "floating":
        return at_wall_clock(point.value.replace(tzinfo=None, fold=0), zone)
    return point.value.astimezone(zone)


def day_of(start: Start, zone: str) -> date:
    """Return the day that an instant beside whole days means: midnight in UTC is that very day.

    Other instants are the local midnight of their zone, as Exchange writes it.
    """
    if not isinstance(start, datetime):
        return start
    if start.utcoffset() == timedelta() and start.time() == time():
        return start.date()
    return start.astimezone(zone_of(zone)).date()


def _hour(when: Timed) -> time:
    return when.starts.astimezone(zone_of(when.zone)).time()


def _line(found: Mapping[str, Sequence[Property]], *names: str) -> int:
    return next((found[name][0].line for name in names if found.get(name)), 0)


def _rule(props: Sequence[Property], when: When, notes: Notebook) -> Rule | None:
    if len(props) > 1:
        notes.add(_("Plusieurs règles de répétition : la première est suivie."), props[1].line)
    return _read(props[0], when, notes) if props else None


def _read(prop: Property, when: When, notes: Notebook) -> Rule | None:
    try:
        parts = _parts(prop.value)
        _one_calendar(parts)
        rule = parse_rule(
            ";".join(f"{name}={value}" for name, value in parts.items() if name != "COUNT")
        )
        rule = _with_until(rule, when, notes, prop.line)
        return _with_count(rule, parts.get("COUNT", ""), when, notes, prop.line)
    except Refused as refusal:
        told = _("Répétition laissée de côté, la première date est gardée. {reason}")
        notes.add(told.format(reason=refusal.message), prop.line)
        return None


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in "".join(text.split()).upper().split(";"):
        name, _equals, value = piece.partition("=")
        if piece and not name.startswith("X-"):
            parts[name] = value
    return parts


def _one_calendar(parts: dict[str, str]) -> None:
    """Refuse other calendars than ours (RSCALE, RFC 7529)."""
    scale = parts.pop("RSCALE", "GREGORIAN")
    skip = parts.pop("SKIP", "OMIT")
    if scale != "GREGORIAN" or skip != "OMIT":
        raise Refused(
            _("Elle suit un autre calendrier que le nôtre ({scale}).").format(scale=scale[:20])
        )


def _with_until(rule: Rule, when: When, notes: Notebook, line: int) -> Rule:
    until = rule.until
    if until is None:
        return rule
    if isinstance(when, AllDay):
        if isinstance(until, datetime):
            until = day_of(until, when.zone) if until.tzinfo else until.date()
            notes.add(_("Fin de répétition à une heure : le jour compris est suivi."), line)
        return replace(rule, until=until)
    zone = zone_of(when.zone)
    if not isinstance(until, datetime):
        until = at_wall_clock(datetime.combine(until, time(23, 59, 59)), zone)
        notes.add(_("Fin de répétition en jours : ce jour compris."), line)
    elif until.tzinfo is None:
        until = at_wall_clock(until, zone)
        notes.add(_("Fin de répétition sans fuseau : celui de l’événement, comprise."), line)
    return replace(rule, until=until.astimezone(UTC))


def _with_count(rule: Rule, text: str, when: When, notes: Notebook, line: int) -> Rule:
    if not text:
        return rule
    count = parse_rule(f"FREQ=DAILY;COUNT={text}").count or 1
    if count > MAX_COUNT:
        notes.add(
            _("Répétition de {count} fois : {limit} au plus sont gardées.").format(
                count=count, limit=MAX_COUNT
            ),
            line,
        )
        count = MAX_COUNT
    if rule.until is None:
        return replace(rule, count=count)
    notes.add(_("Répétition avec un nombre de fois et une fin : ce qui vient d’abord."), line)
    reached = len(list(islice(_walk(rule, when), count)))
    return rule if reached < count else replace(rule, until=None, count=count)


def _walk(rule: Rule, when: When) -> Iterator[Start]:
    """Yield the starts that `rule` gives up to its own end, or as far as exceptions are kept."""
    first = _local(when)
    last = first.date().replace(day=1) + timedelta(days=366 * _EXRULE_YEARS)
    if rule.until is not None and not isinstance(rule.until, datetime):
        last = min(last, rule.until)
    for moment in walk(rule, first, last):
        begins: Start = moment.date()
        if isinstance(when, Timed):
            begins = at_wall_clock(moment, zone_of(when.zone))
            if isinstance(rule.until, datetime) and begins > rule.until:
                return
        yield begins


def _local(when: When) -> datetime:
    if isinstance(when, AllDay):
        return datetime.combine(when.starts, time())
    return when.starts.astimezone(zone_of(when.zone)).replace(tzinfo=None, fold=0)


def _extra(
    props: Sequence[Property], when: When, clock: Clock, notes: Notebook
) -> tuple[list[Start], tuple[Override, ...]]:
    """Return the dates of RDATE, and a change for each period that lasts otherwise."""
    dates: list[Start] = []
    changes: list[Override] = []
    for prop, text in _values(props):
        begins_text, _slash, ends_text = text.partition("/")
        try:
            begins = same_kind(moment_of(begins_text, prop, clock, notes), when)
            dates.append(begins)
            if ends_text and isinstance(when, Timed) and isinstance(begins, datetime):
                ends = _period_end(ends_text, begins, prop, clock, notes)
                if when.ends is None or ends - begins != when.ends - when.starts:
                    changes.append(Override(begins, when=Timed(begins, ends, when.zone)))
        except Unreadable as error:
            notes.add(_("Date ajoutée illisible : {reason}").format(reason=error), prop.line)
    return dates, tuple(changes)


def _period_end(
    text: str, begins: datetime, prop: Property, clock: Clock, notes: Notebook
) -> datetime:
    if text.startswith(("P", "+P")):
        ends = (begins.astimezone(UTC) + duration(text).total).astimezone(begins.tzinfo)
    else:
        point = moment_of(text, prop, clock, notes)
        if not isinstance(point.value, datetime):
            raise Unreadable(_("« {text} » n’est pas une heure.").format(text=text[:40]))
        ends = point.value.astimezone(begins.tzinfo)
    if ends < begins:
        raise Unreadable(_("Fin avant le début."))
    return ends


def _starts(
    props: Sequence[Property], when: When, clock: Clock, notes: Notebook
) -> Iterator[Start]:
    for prop, text in _values(props):
        try:
            point = moment_of(text, prop, clock, notes)
        except Unreadable as error:
            notes.add(_("Date retirée illisible : {reason}").format(reason=error), prop.line)
            continue
        if point.is_date and isinstance(when, Timed):
            notes.add(_("Date retirée en jours : celle de ce jour-là."), prop.line)
        yield same_kind(point, when)


def _values(props: Sequence[Property]) -> Iterator[tuple[Property, str]]:
    for prop in props:
        for text in prop.value.split(","):
            if text.strip():
                yield prop, text.strip()


def _removed_by_rule(
    props: Sequence[Property], rule: Rule | None, when: When, notes: Notebook
) -> list[Start]:
    """Write an EXRULE (RFC 2445 section 4.8.5.2) out as the dates that it takes away."""
    removed: list[Start] = []
    for prop in props:
        exception = _read(prop, when, notes)
        if exception is None or rule is None:
            continue
        usual = set(_walk(rule, when))
        removed += islice((day for day in _walk(exception, when) if day in usual), limits.DATES)
        notes.add(_("Règle d’exception : écrite en dates retirées."), prop.line)
    return removed


def _bounded(dates: Iterable[Start], notes: Notebook, line: int) -> tuple[Start, ...]:
    kept = sorted(set(dates), key=_comparable)
    if len(kept) > limits.DATES:
        notes.add(
            _("Plus de {limit} dates ajoutées ou retirées : les premières sont gardées.").format(
                limit=limits.DATES
            ),
            line,
        )
    return tuple(kept[: limits.DATES])


def _comparable(start: Start) -> date:
    return start.astimezone(UTC) if isinstance(start, datetime) else start
