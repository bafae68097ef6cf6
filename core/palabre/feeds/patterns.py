"""A repetition written so that every calendar counts the same dates as `events.recurrence.expand`.

Readers agree on plain series; the standard leaves them alone with the rest, so the rest goes:

* a rule without an end gets one (readers that unroll on arrival stop where they please);
* a rule that does not give the event's own start ("undefined", RFC 5545 section 3.8.5.3) becomes
  the list of its dates, after a rule that gives the start alone;
* a leap day is named (29 February, each year);
* a change to a date that the series lacks gets that date, or goes when it says nothing new.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from palabre.events.recurrence import MAX_COUNT, expand
from palabre.events.rules import Frequency, Rule, parse_rule, walk
from palabre.events.values import AllDay, Content, Override, Recurrence, Start, When
from palabre.events.zones import at_wall_clock, zone_of

_LISTED = 500  # dates of a series that can only be listed
_LISTED_YEARS = 3  # how far such a list goes, as far as the agenda's pages show dates
# How far a series without an end is written. Its pages roll on by themselves; what subscribers
# have does not, so it must outlast the longest time that nobody touches an event.
_ENDLESS_YEARS = 10
# Without any rule, ical.js leaves out the start itself and knows only the added dates.
_START_ALONE = "FREQ=DAILY;COUNT=1"
_COUNTED_YEARS = 60  # how far a series that ends after a number of dates is followed


@dataclass(frozen=True, slots=True)
class Pattern:
    """What goes into a VEVENT: `rule` is an RRULE value with an end, or ""; `last` its last start.

    `last` is only as good as the years of a time zone need it.
    """

    last: Start
    rule: str = ""
    rdates: tuple[Start, ...] = ()
    exdates: tuple[Start, ...] = ()
    overrides: tuple[Override, ...] = ()


def pattern(content: Content, today: date) -> Pattern:
    """Return the repetition of `content`; `today` bounds a series without an end.

    Raises Refused for a rule that can't be read, which no saved event has.
    """
    recurrence = content.recurrence
    if recurrence is None:
        return Pattern(content.when.starts)
    rule = parse_rule(recurrence.rule) if recurrence.rule else None
    if rule is not None and not _gives_start(rule, content.when):
        return _listed(content, today)
    starts = [content.when.starts]
    if rule is not None:
        rule = _bounded(_explicit(rule, content.when), content.when, today)
    if content.overrides or (rule is not None and rule.count is not None):
        starts = _starts(content, rule)
    return _settled(content, recurrence, rule, starts)


def _gives_start(rule: Rule, when: When) -> bool:
    start = _wall_clock(when.starts, when.zone)
    return next(walk(rule, start, start.date()), None) == start


def _explicit(rule: Rule, when: When) -> Rule:
    """Name 29 February in a yearly rule that only implies it: ical.js takes 1 March otherwise."""
    leap_day = (when.starts.month, when.starts.day) == (2, 29)
    if leap_day and rule == Rule(Frequency.YEARLY, rule.interval, rule.count, rule.until):
        return replace(rule, by_month=(2,), by_month_day=(29,))
    return rule


def _listed(content: Content, today: date) -> Pattern:
    dates = expand(content, limit=_LISTED, years=_LISTED_YEARS, today=today)
    originals = [single.original for single in dates if single.original is not None]
    first = _key(content.when.starts)
    kept = {_key(original) for original in originals}
    return Pattern(
        last=max([content.when.starts, *originals], key=_key),
        rule=_START_ALONE,
        rdates=_sorted(original for original in originals if _key(original) != first),
        exdates=() if first in kept else (content.when.starts,),
        overrides=tuple(o for o in content.overrides if _key(o.original) in kept),
    )


def _starts(content: Content, rule: Rule | None) -> list[Start]:
    """Return the starts of the series, far enough for its end and for each change to its dates."""
    first = _as_day(content.when.starts)
    last = max((_as_day(override.original) for override in content.overrides), default=first)
    years = _COUNTED_YEARS if rule is not None and rule.count is not None else 1
    years = max(years, last.year - first.year + 1)
    dates = expand(replace(content, overrides=()), limit=MAX_COUNT, years=years, today=first)
    return [single.when.starts for single in dates] or [content.when.starts]


def _bounded(rule: Rule, when: When, today: date) -> Rule:
    """Give the rule an end of the same kind as the start: UTC for instants, a day for days."""
    if rule.count is not None:
        return rule
    until: Start | None = rule.until
    if until is None:
        until = date(max(today.year, when.starts.year) + _ENDLESS_YEARS, 12, 31)
    if isinstance(when, AllDay):
        return replace(rule, until=_as_day(until))
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    if until.tzinfo is None:
        until = at_wall_clock(until, zone_of(when.zone))
    return replace(rule, until=until.astimezone(UTC))


def _settled(
    content: Content, recurrence: Recurrence, rule: Rule | None, starts: Sequence[Start]
) -> Pattern:
    """Make each change to a single date belong to a date of the series."""
    rdates = {_key(start): start for start in recurrence.rdates}
    exdates = {_key(start): start for start in recurrence.exdates}
    overrides = []
    known = {_key(start) for start in starts} if content.overrides else set()
    for override in content.overrides:
        key = _key(override.original)
        if key not in known:
            if override.when is None or override.cancelled:
                continue
            if exdates.pop(key, None) is None:
                rdates[key] = override.original
        overrides.append(override)
    rdates.pop(_key(content.when.starts), None)
    until = rule.until if rule is not None and rule.until is not None else starts[-1]
    return Pattern(
        last=max([until, *rdates.values()], key=_key),
        rule=str(rule) if rule is not None else _START_ALONE,
        rdates=_sorted(rdates.values()),
        exdates=_sorted(exdates.values()),
        overrides=tuple(overrides),
    )


def _sorted(starts: Iterable[Start]) -> tuple[Start, ...]:
    return tuple(sorted(starts, key=_key))


def _key(start: Start) -> datetime:
    if isinstance(start, datetime):
        return start.astimezone(UTC)
    return datetime.combine(start, time(), UTC)


def _as_day(start: Start) -> date:
    return start.date() if isinstance(start, datetime) else start


def _wall_clock(start: Start, zone: str) -> datetime:
    if isinstance(start, datetime):
        return start.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)
    return datetime.combine(start, time())
