"""A repetition rule (RFC 5545 section 3.3.10): read, written back, and walked within bounds.

We walk rules ourselves: the engines at hand look for the next match without ever coming back
(31 February, every second of a century). Here each step is one period of the rule, and the walk
ends at a day given by the caller, whether anything matched or not. Tests compare the dates with
those of python-dateutil.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from palabre.errors import Refused
from palabre.i18n import gettext as _

# Two shows a day are common, one every hour is the most that still is an event.
MAX_TIMES_PER_DAY = 24
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Frequency(StrEnum):
    """How often; anything quicker than a day is refused."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE as numbers; weekdays count from Monday = 0, ordinal 0 means "each".

    `until` is an aware datetime in UTC, a naive one (the event's own clock) or a date.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0

    def __str__(self) -> str:
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        lists = {name: getattr(self, attribute) for name, attribute, *_range in _LISTS}
        lists["BYDAY"] = tuple(f"{ordinal or ''}{WEEKDAYS[day]}" for ordinal, day in self.by_day)
        parts += [f"{name}={','.join(map(str, lists[name]))}" for name in _ORDER if lists[name]]
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={_until_text(self.until)}")
        return ";".join(parts)


# name, attribute, lowest and highest number, whether counting from the end (negative) is allowed
_LISTS = (
    ("BYMONTH", "by_month", 1, 12, False),
    ("BYWEEKNO", "by_week", 1, 53, True),
    ("BYYEARDAY", "by_year_day", 1, 366, True),
    ("BYMONTHDAY", "by_month_day", 1, 31, True),
    ("BYHOUR", "by_hour", 0, 23, False),
    ("BYMINUTE", "by_minute", 0, 59, False),
    ("BYSECOND", "by_second", 0, 59, False),
    ("BYSETPOS", "by_position", 1, 366, True),
)
# As most programs write them, and the RFC's examples.
_ORDER = (*(row[0] for row in _LISTS[:4]), "BYDAY", *(row[0] for row in _LISTS[4:]))
_BY_NAME = {row[0]: row for row in _LISTS}
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(T[0-9]{6}(Z)?)?")


def parse_rule(text: str) -> Rule:
    """Read an RRULE value such as "FREQ=WEEKLY;BYDAY=TU"; raise Refused (field "recurrence")."""
    parts = _parts(text)
    frequency = _frequency(parts.pop("FREQ", ""))
    values: dict[str, object] = {"frequency": frequency}
    for name, value in parts.items():
        if name in _BY_NAME:
            attribute, low, high, signed = _BY_NAME[name][1:]
            values[attribute] = tuple(
                sorted({_number(item, low, high, signed=signed) for item in value.split(",")})
            )
        elif name == "BYDAY":
            values["by_day"] = _days(value, ordinals=frequency in ("MONTHLY", "YEARLY"))
        elif name == "WKST":
            values["week_start"] = _weekday(value)
        elif name in ("INTERVAL", "COUNT"):
            values[name.lower()] = _number(value, 1, 10**9)
        elif name == "UNTIL":
            values["until"] = _until(value)
        else:
            raise _refused(
                _("Cette répétition emploie « {} », que Palabre ne sait pas lire."), name
            )
    rule = Rule(**values)  # type: ignore[arg-type]  # built by name from the table above
    if rule.count is not None and rule.until is not None:
        raise _refused(
            _("Une répétition finit à une date ou après un nombre de fois, pas les deux.")
        )
    if len(_times(rule, time())) > MAX_TIMES_PER_DAY:
        raise _refused(_("Cette répétition a trop de dates le même jour."))
    return rule


def walk(
    rule: Rule, start: datetime, last: date, skip_to: date | None = None
) -> Iterator[datetime]:
    """Yield the wall-clock times of `rule` from `start` (naive) to the day `last`, in order.

    Neither COUNT nor UNTIL is looked at, and `start` itself appears only where the rule matches
    it. With `skip_to`, periods that end before that day are jumped over. The work is bounded by
    the number of periods between the two days.
    """
    fits = _day_filter(rule, start.date())
    times = _times(rule, start.time())
    for days in _periods(rule, start.date(), last, skip_to):
        chosen = [day for day in days if fits(day)]
        for day, clock in _positions(rule, chosen, times):
            moment = datetime.combine(day, clock)
            if moment >= start and day <= last:
                yield moment


def _periods(rule: Rule, start: date, last: date, skip_to: date | None) -> Iterator[list[date]]:
    """Yield the days of each period: one day, a week, a month, a year; every `interval`-th."""
    target = max(start, skip_to or start)
    step = rule.interval
    match rule.frequency:
        case Frequency.DAILY:
            first = start.toordinal()
            skipped = -(-(target.toordinal() - first) // step)
            for number in range(first + skipped * step, last.toordinal() + 1, step):
                yield [date.fromordinal(number)]
        case Frequency.WEEKLY:
            first = start.toordinal() - (start.weekday() - rule.week_start) % 7
            skipped = (target.toordinal() - first) // (7 * step)
            for number in range(first + skipped * 7 * step, last.toordinal() + 1, 7 * step):
                yield [date.fromordinal(day) for day in range(max(number, 1), number + 7)]
        case Frequency.MONTHLY:
            first = start.year * 12 + start.month - 1
            skipped = (target.year * 12 + target.month - 1 - first) // step
            for number in range(first + skipped * step, last.year * 12 + last.month, step):
                yield _month(number // 12, number % 12 + 1)
        case Frequency.YEARLY:
            months = rule.by_month or _implied_months(rule, start)
            skipped = (target.year - start.year) // step
            for year in range(start.year + skipped * step, last.year + 1, step):
                yield [day for month in months for day in _month(year, month)]


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]


def _implied_months(rule: Rule, start: date) -> tuple[int, ...]:
    return tuple(range(1, 13)) if _says_days(rule) else (start.month,)


def _says_days(rule: Rule) -> bool:
    return bool(rule.by_week or rule.by_year_day or rule.by_month_day or rule.by_day)


def _positions(rule: Rule, days: list[date], times: list[time]) -> Iterator[tuple[date, time]]:
    total = len(days) * len(times)
    places = sorted({p - 1 if p > 0 else total + p for p in rule.by_position} or range(total))
    for place in places:
        if 0 <= place < total:
            yield days[place // len(times)], times[place % len(times)]


def _times(rule: Rule, start: time) -> list[time]:
    return [
        time(hour, minute, second)
        for hour in rule.by_hour or (start.hour,)
        for minute in rule.by_minute or (start.minute,)
        for second in rule.by_second or (start.second,)
    ]


def _day_filter(rule: Rule, start: date) -> Callable[[date], bool]:
    """Return the test that a day must pass; what the rule leaves open comes from `start`."""
    tests: list[Callable[[date], bool]] = []
    month_days, weekdays = rule.by_month_day, rule.by_day
    if not _says_days(rule):
        if rule.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
            month_days = (start.day,)
        elif rule.frequency is Frequency.WEEKLY:
            weekdays = ((0, start.weekday()),)
    elif rule.by_week and not (weekdays or month_days or rule.by_year_day):
        weekdays = ((0, start.weekday()),)
    if rule.by_month:
        tests.append(lambda day: day.month in rule.by_month)
    if rule.by_week:
        tests.append(lambda day: _in_weeks(day, rule))
    if rule.by_year_day:
        tests.append(
            lambda day: _in_list(day.timetuple().tm_yday, 365 + isleap(day.year), rule.by_year_day)
        )
    if month_days:
        tests.append(lambda day: _in_list(day.day, monthrange(day.year, day.month)[1], month_days))
    if weekdays:
        tests.append(_weekday_test(rule, weekdays))
    return lambda day: all(test(day) for test in tests)


def _in_list(number: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Tell whether the `number`-th of `length` is wanted, counted from either end."""
    return number in wanted or number - length - 1 in wanted


def _in_weeks(day: date, rule: Rule) -> bool:
    """Week 1 is the first with four days of its year (RFC 5545 section 3.3.10, BYWEEKNO)."""

    def middle(of: date) -> date:
        return of + timedelta(3 - (of.weekday() - rule.week_start) % 7)

    fourth = middle(day)
    weeks = _week_of(middle(date(fourth.year, 12, 28)))
    return _in_list(_week_of(fourth), weeks, rule.by_week)


def _week_of(fourth: date) -> int:
    return (fourth.timetuple().tm_yday - 1) // 7 + 1


def _weekday_test(rule: Rule, weekdays: tuple[tuple[int, int], ...]) -> Callable[[date], bool]:
    each = {day for ordinal, day in weekdays if not ordinal}
    numbered = {(ordinal, day) for ordinal, day in weekdays if ordinal}
    of_year = rule.frequency is Frequency.YEARLY and not rule.by_month

    def test(day: date) -> bool:
        weekday = day.weekday()
        if weekday in each:
            return True
        if not numbered:
            return False
        number = day.timetuple().tm_yday if of_year else day.day
        length = 365 + isleap(day.year) if of_year else monthrange(day.year, day.month)[1]
        from_start, from_end = (number - 1) // 7 + 1, -((length - number) // 7 + 1)
        return (from_start, weekday) in numbered or (from_end, weekday) in numbered

    return test


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().rstrip(";").upper().split(";"):
        name, equals, value = piece.partition("=")
        name = name.strip()
        if not equals or not value or name in parts:
            raise _refused(_("Cette répétition est mal écrite : « {} »."), text[:80])
        parts[name] = value.strip()
    return parts


def _frequency(value: str) -> Frequency:
    if value in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise _refused(_("Une répétition plus rapide qu’une fois par jour n’est pas acceptée."))
    try:
        return Frequency(value)
    except ValueError:
        raise _refused(
            _("Cette répétition ne dit pas sa fréquence (chaque jour, semaine …).")
        ) from None


def _number(text: str, low: int, high: int, *, signed: bool = False) -> int:
    text = text.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,10}", text, re.ASCII):
        number = int(text)
        if low <= (abs(number) if signed else number) <= high:
            return number
    raise _refused(_("Cette répétition contient un nombre impossible : « {} »."), text[:20])


def _days(value: str, *, ordinals: bool) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in value.split(","):
        match = _DAY.fullmatch(item.strip())
        if not match:
            raise _refused(_("Cette répétition contient un jour inconnu : « {} »."), item[:20])
        ordinal = int(match[1] or 0)
        if abs(ordinal) > 53 or (match[1] and not ordinal):
            raise _refused(_("Cette répétition contient un jour inconnu : « {} »."), item[:20])
        # Numbers mean something in months and years only (RFC 5545 section 3.3.10, BYDAY).
        found.add((ordinal if ordinals else 0, WEEKDAYS.index(match[2])))
    return tuple(sorted(found))


def _weekday(value: str) -> int:
    if value not in WEEKDAYS:
        raise _refused(_("Cette répétition contient un jour inconnu : « {} »."), value[:20])
    return WEEKDAYS.index(value)


def _until(value: str) -> datetime | date:
    match = _UNTIL.fullmatch(value)
    try:
        if match and match[2]:
            moment = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  zone below
            return moment.replace(tzinfo=UTC) if match[3] else moment
        if match:
            return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  a date has no zone
    except ValueError:
        pass
    raise _refused(_("La fin de cette répétition est mal écrite : « {} »."), value[:20])


def _until_text(until: datetime | date) -> str:
    if isinstance(until, datetime):
        return until.strftime("%Y%m%dT%H%M%S") + ("Z" if until.tzinfo else "")
    return until.strftime("%Y%m%d")


def _refused(sentence: str, *values: str) -> Refused:
    return Refused(sentence.format(*values), field="recurrence")
