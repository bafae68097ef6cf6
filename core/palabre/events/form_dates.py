"""The part of the event form that says when: first date, repetition, dates added and removed.

A date of a series is known in the form by its local start ("2026-11-24T20:00", or the day alone
for whole days), so that removed and changed dates survive when the hour of the series changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import zip_longest

from palabre.errors import Refused
from palabre.events.domain.validation import (
    EARLIEST_YEAR,
    FIRST_YEAR,
    LAST_YEAR,
    LATEST_YEAR,
    clean_when,
)
from palabre.events.inputs import read_date, read_time
from palabre.events.recurrence import MAX_COUNT, expand
from palabre.events.repeating import CUSTOM, ONCE, choice_of, rule_of
from palabre.events.rules import parse_rule
from palabre.events.typed import Reading, Typed
from palabre.events.values import AllDay, Content, Override, Recurrence, Start, Timed, When
from palabre.events.zones import at_wall_clock, zone_of
from palabre.i18n import gettext as _

MAX_EXTRA_DATES = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the dates' preview; `key` is what the form calls the date."""

    key: str
    when: When
    removed: bool = False
    cancelled: bool = False
    moved: bool = False


def read_when(typed: Typed, reading: Reading, before: Content | None) -> When | None:
    """Read the first date; None when it can't be read, with the faults in `reading`."""
    attempt = reading.attempt
    zone = typed.one("zone").strip()
    attempt(None, zone_of, zone)
    first = attempt(None, _date, typed, "start_date")
    last = attempt(None, _date_or_none, typed, "end_date")
    all_day = typed.one("all_day") == "1"
    starts = None if all_day else attempt(None, _time, typed, "start_time")
    ends = None if all_day else attempt(None, _time_or_none, typed, "end_time")
    if reading.faults or first is None:
        return None
    if last is not None and last < first:
        reading.faults["end_date"] = _("La fin est avant le début.")
        return None
    if starts is None:
        when = attempt(None, _whole_days, first, last or first, zone)
    else:
        when = attempt(None, _hours, datetime.combine(first, starts), last, ends, zone)
    # The form shows minutes: an untouched time keeps its seconds and where its zone came from,
    # and an imported anniversary its century.
    if before and when and _to_minutes(before.when) == _to_minutes(when):
        return before.when
    attempt(None, _check_year, first, "start_date")
    if last is not None:
        attempt(None, _check_year, last, "end_date")
    return when


def read_repetition(
    typed: Typed, reading: Reading, content: Content, before: Content | None
) -> Content:
    """Return `content` with its repetition and with the single dates changed before."""
    attempt = reading.attempt
    rule = attempt("", _rule, typed, content.when, before)
    rdates = attempt((), _extra_dates, typed, content.when)
    if reading.faults:
        return content
    overrides = before.overrides if before else ()
    if not rule and not rdates:
        _note_lost(reading, len(overrides))
        return replace(content, recurrence=None, overrides=())
    series = replace(content, recurrence=Recurrence(rule, rdates), overrides=())
    known = attempt({}, _by_key, series)
    exdates = _removed(typed, known, before)
    kept = _kept_overrides(overrides, known, content.when, before)
    _note_lost(reading, len(overrides) - len(kept))
    return replace(content, recurrence=Recurrence(rule, rdates, exdates), overrides=kept)


def preview(content: Content) -> list[Row]:
    """Return the dates of `content` and those taken out of it, by start."""
    recurrence = content.recurrence
    if recurrence is None:
        return [Row(date_key(content.when.starts, content.when), content.when)]
    gone = {date_key(start, content.when) for start in recurrence.exdates}
    everything = replace(content, recurrence=replace(recurrence, exdates=()))
    rows = []
    for single in expand(everything):
        key = date_key(single.original or single.when.starts, content.when)
        moved = bool(single.override and single.override.when)
        rows.append(Row(key, single.when, key in gone, single.cancelled, moved))
    return rows


def date_key(start: Start, when: When) -> str:
    """Return what the form calls the date that starts at `start` in the series of `when`."""
    if isinstance(when, AllDay) or not isinstance(start, datetime):
        return start.strftime("%Y-%m-%d")
    return f"{start.astimezone(zone_of(when.zone)):%Y-%m-%dT%H:%M}"


def _whole_days(first: date, last: date, zone: str) -> When:
    for day, field in ((first, "start_date"), (last, "end_date")):
        _check_year(day, field, EARLIEST_YEAR, LATEST_YEAR)
    return clean_when(AllDay(first, last + timedelta(days=1), zone))


def _hours(starts: datetime, last: date | None, ends: time | None, zone: str) -> When:
    """Read an evening that ends after midnight as such: 20:00 to 2:00 needs no second date."""
    _check_year(starts, "start_date", EARLIEST_YEAR, LATEST_YEAR)
    place = zone_of(zone)
    begins = at_wall_clock(starts, place)
    if ends is None:
        if last is not None and last != starts.date():
            raise Refused(_("Donnez aussi l’heure de fin."), "end_time")
        return Timed(begins, None, zone)
    final = last or (starts.date() + timedelta(days=1 if ends < starts.time() else 0))
    _check_year(final, "end_date", EARLIEST_YEAR, LATEST_YEAR)
    finishes = at_wall_clock(datetime.combine(final, ends), place)
    if finishes < begins:
        raise Refused(_("La fin est avant le début."), "end_time")
    return clean_when(Timed(begins, finishes, zone))


def _check_year(day: date, field: str, first: int = FIRST_YEAR, last: int = LAST_YEAR) -> None:
    if not first <= day.year <= last:
        raise Refused(
            _("L’année doit être comprise entre {} et {}.").format(FIRST_YEAR, LAST_YEAR), field
        )


def _rule(typed: Typed, when: When, before: Content | None) -> str:
    """Return the chosen rule as text, "" for none; the old one where it means the same."""
    choice = typed.one("repeat")
    if choice == ONCE:
        return ""
    until, count = _date_or_none(typed, "until"), _count(typed)
    if until is not None and count is not None:
        raise Refused(_("Donnez une date de fin ou un nombre de fois, pas les deux."), "count")
    old = before.recurrence.rule if before and before.recurrence else ""
    if choice == CUSTOM and old:
        return old
    first = _local(when.starts, when)
    if until is not None and until < first:
        raise Refused(_("La répétition finit avant la première date."), "until")
    rule = replace(rule_of(choice, typed.many("weekdays"), first), until=until, count=count)
    if old and before:
        was = parse_rule(old)
        was_first = _local(before.when.starts, before.when)
        if was_first == first and (
            choice_of(was, first),
            was.count,
            _until_day(was.until, when),
        ) == (
            choice_of(rule, first),
            count,
            until,
        ):
            return old
    return str(rule)


def _count(typed: Typed) -> int | None:
    text = typed.one("count").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MAX_COUNT:
        raise Refused(_("Écrivez un nombre de fois entre 1 et {}.").format(MAX_COUNT), "count")
    return int(text)


def _until_day(until: datetime | date | None, when: When) -> date | None:
    return None if until is None else _local(until, when)


def _extra_dates(typed: Typed, when: When) -> tuple[Start, ...]:
    rows = list(zip_longest(typed.many("extra_date"), typed.many("extra_time"), fillvalue=""))
    if len(rows) > MAX_EXTRA_DATES:
        raise Refused(_("Ajoutez au plus {} dates.").format(MAX_EXTRA_DATES), "extra_date")
    return tuple(_extra_date(day, hour, when) for day, hour in rows if day.strip())


def _extra_date(day: str, hour: str, when: When) -> Start:
    value = read_date(day, "extra_date")
    _check_year(value, "extra_date")
    if isinstance(when, AllDay):
        return value
    zone = zone_of(when.zone)
    own = when.starts.astimezone(zone).time()
    clock = read_time(hour, "extra_date") if hour.strip() else own
    return at_wall_clock(datetime.combine(value, clock), zone)


def _by_key(series: Content) -> dict[str, Start]:
    return {
        date_key(single.original, series.when): single.original
        for single in expand(series)
        if single.original is not None
    }


def _find(key: str, known: Mapping[str, Start]) -> Start | None:
    """Return the date called `key`, or the only one of its day (the hour has changed)."""
    if key in known:
        return known[key]
    same_day = [start for name, start in known.items() if name[:10] == key[:10]]
    return same_day[0] if len(same_day) == 1 else None


def _removed(typed: Typed, known: Mapping[str, Start], before: Content | None) -> tuple[Start, ...]:
    """Return the dates to take out; those far outside the preview stay as they were."""
    old: dict[str, Start] = {}
    if before and before.recurrence:
        old = {date_key(start, before.when): start for start in before.recurrence.exdates}
    found = (_find(key, known) or old.get(key) for key in typed.many("removed"))
    return tuple(start for start in found if start is not None)


def _kept_overrides(
    overrides: Sequence[Override], known: Mapping[str, Start], when: When, before: Content | None
) -> tuple[Override, ...]:
    """Return the changed dates that the series still has, under their new starts."""
    if before is None or type(before.when) is not type(when):
        return ()
    was = _by_key(replace(before, overrides=())) if before.recurrence else {}
    kept = []
    for override in overrides:
        key = date_key(override.original, before.when)
        start = _find(key, known)
        if start is not None:
            kept.append(replace(override, original=start))
        elif key not in was:  # it never was a date of the series, or lies beyond the horizon
            kept.append(override)
    return tuple(kept)


def _note_lost(reading: Reading, number: int) -> None:
    if number > 0:
        reading.notices.append(
            _(
                "Des changements faits à une seule date ({number}) ne correspondent plus"
                " à une date de l’événement : ils ne seront pas gardés."
            ).format(number=number)
        )


def _to_minutes(when: When) -> tuple[object, ...]:
    if isinstance(when, AllDay):
        return when.starts, when.ends, when.zone
    ends = None if when.ends is None else when.ends.replace(second=0)
    return when.starts.replace(second=0), ends, when.zone


def _local(start: Start, when: When) -> date:
    if not isinstance(start, datetime):
        return start
    return start.astimezone(zone_of(when.zone)).date() if start.tzinfo else start.date()


def _date(typed: Typed, field: str) -> date:
    if not typed.one(field).strip():
        raise Refused(_("Donnez la date."), field)
    return read_date(typed.one(field), field)


def _date_or_none(typed: Typed, field: str) -> date | None:
    return read_date(typed.one(field), field) if typed.one(field).strip() else None


def _time(typed: Typed, field: str) -> time:
    if not typed.one(field).strip():
        raise Refused(_("Donnez l’heure, ou cochez « Toute la journée »."), field)
    return read_time(typed.one(field), field)


def _time_or_none(typed: Typed, field: str) -> time | None:
    return read_time(typed.one(field), field) if typed.one(field).strip() else None
