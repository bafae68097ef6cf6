"""VTIMEZONE components made from the tz database, in the only form that every calendar reads.

Outlook reads of an observance only DTSTART, RRULE, TZOFFSETFROM and TZOFFSETTO (MS-STANOICAL
section 2.2.47) and other readers crash on RDATE lists, so each is written as a yearly rule:

    a zone without changes in the years asked for   one STANDARD, no rule
    a rule still in force (Europe/Paris)            STANDARD and DAYLIGHT with an endless RRULE
    a rule that was given up (Asia/Yerevan, 2011)   the same with UNTIL, then what followed it
    changes that follow no month and weekday        one observance for each of them
    (Africa/Casablanca: the moon; Africa/Cairo)

Only what concerns the years asked for is written: an event of 2026 drags no history of 1916 along.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

# Rules are looked for from here on: the oldest one still in force is of 1967, and what it said
# before 1970 matters to no one; earlier events extend the search themselves.
_FIRST_YEAR = 1970
# A rule that holds until here is written without an end: zoneinfo goes on for ever with the rule
# at the end of each file, and the zones that list their changes one by one stop in 2087.
_HORIZON = 2100
# No two changes of any zone since 1970 that undo each other are nearer (the tests compare them).
_STEP = timedelta(days=5)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UTC_NAMES = frozenset({"UTC", "UCT", "Zulu", "Universal", "Etc/UTC", "Etc/UCT", "Etc/Zulu"})


@dataclass(frozen=True, slots=True)
class _Change:
    """One jump of a zone's clocks: `local` is what they show just before it (naive)."""

    instant: datetime
    local: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def kind(self) -> tuple[int, str, str, str, str]:
        """What the yearly repetitions of one jump share, as something that sorts."""
        time = self.local.time().isoformat()
        return (self.local.month, time, _offset(self.before), _offset(self.after), self.name)


@dataclass(frozen=True, slots=True)
class _Observance:
    """Changes of one kind in consecutive years, as `rule` repeats the first; "" for a single."""

    changes: tuple[_Change, ...]
    rule: str


@lru_cache(maxsize=512)
def vtimezone(name: str, first_year: int, last_year: int) -> bytes:
    """Return the VTIMEZONE of the IANA zone `name`, right from `first_year` to `last_year`.

    Both years count whole, wherever on earth. Lines end with CRLF (RFC 5545 section 3.6.5).
    """
    begin = datetime(max(first_year - 1, 1), 12, 1, tzinfo=UTC)
    end = datetime(min(last_year + 1, 9998), 2, 1, tzinfo=UTC)
    observances = _observances(name, min(first_year, _FIRST_YEAR), max(last_year, _HORIZON))
    used = [o for o in observances if any(begin < change.instant <= end for change in o.changes)]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *_opening(name, begin, observances, used)]
    for observance in used:
        lines += _written(observance)
    lines.append("END:VTIMEZONE\r\n")
    return "\r\n".join(lines).encode("ascii")


def is_utc(name: str) -> bool:
    """Whether times of the zone are written with a final Z and so need no VTIMEZONE."""
    return name in _UTC_NAMES


def _opening(
    name: str, begin: datetime, observances: Sequence[_Observance], used: Sequence[_Observance]
) -> list[str]:
    """State the offset at `begin`, unless an observance that is written anyway does."""
    earlier = [c for o in observances for c in o.changes if c.instant <= begin]
    last = max(earlier, key=lambda change: change.instant, default=None)
    if last is not None and any(last in observance.changes for observance in used):
        return []
    local = begin.astimezone(ZoneInfo(name))
    offset = local.utcoffset() or timedelta()
    since = local.replace(tzinfo=None)
    if not used and since.year > _FIRST_YEAR:
        since = datetime(_FIRST_YEAR, 1, 1)  # noqa: DTZ001 (a wall clock; the offset is told apart)
    return _component("STANDARD", since, "", (offset, offset), local.tzname() or name)


def _written(observance: _Observance) -> list[str]:
    first, last = observance.changes[0], observance.changes[-1]
    rule = observance.rule
    if rule and last.instant.year < _HORIZON:
        rule += f";UNTIL={last.instant:%Y%m%dT%H%M%SZ}"
    component = "DAYLIGHT" if first.daylight else "STANDARD"
    return _component(component, first.local, rule, (first.before, first.after), first.name)


def _component(
    kind: str, since: datetime, rule: str, offsets: tuple[timedelta, timedelta], name: str
) -> list[str]:
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{since.year:04}{since:%m%dT%H%M%S}",
        *([f"RRULE:{rule}"] if rule else []),
        f"TZOFFSETFROM:{_offset(offsets[0])}",
        f"TZOFFSETTO:{_offset(offsets[1])}",
        f"TZNAME:{name}",
        f"END:{kind}",
    ]


def _offset(offset: timedelta) -> str:
    """Write a UTC offset as +HHMM, with seconds where a zone had some (RFC 5545 3.3.14)."""
    seconds = round(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    minutes, second = divmod(abs(seconds), 60)
    text = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    return f"{text}{second:02}" if second else text


@lru_cache(maxsize=128)
def _observances(name: str, first_year: int, last_year: int) -> tuple[_Observance, ...]:
    """Return all changes of a zone, gathered into as few yearly rules as possible, by start."""
    changes = sorted(
        _changes(ZoneInfo(name), first_year, last_year), key=lambda change: change.kind
    )
    found = [
        observance
        for _kind, same in groupby(changes, key=lambda change: change.kind)
        for observance in _runs(sorted(same, key=lambda change: change.instant))
    ]
    return tuple(sorted(found, key=lambda observance: observance.changes[0].instant))


def _runs(changes: Sequence[_Change]) -> Iterator[_Observance]:
    """Cut changes of one kind into runs of consecutive years that one rule describes."""
    run: list[_Change] = []
    rules: list[str] = []
    for change in changes:
        possible = _rules(change.local)
        common = [rule for rule in rules if rule in possible]
        if run and not (common and change.local.year == run[-1].local.year + 1):
            yield _observance(run, rules)
            run, common = [], possible
        rules = common if run else possible
        run.append(change)
    if run:
        yield _observance(run, rules)


def _observance(run: Sequence[_Change], rules: Sequence[str]) -> _Observance:
    return _Observance(tuple(run), rules[0] if len(run) > 1 else "")


def _rules(local: datetime) -> list[str]:
    """Return the yearly rules that give this date, the ones that all calendars know first."""
    day, weekday = local.day, _WEEKDAYS[local.weekday()]
    length = ((local.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    yearly = f"FREQ=YEARLY;BYMONTH={local.month}"
    rules = [f"{yearly};BYDAY=-1{weekday}"] if day + 7 > length else []
    if day <= 28:
        rules.append(f"{yearly};BYDAY={(day - 1) // 7 + 1}{weekday}")
    rules.append(f"{yearly};BYMONTHDAY={day}")
    for first in range(max(day - 6, 1), min(day, min(length, 30) - 6) + 1):
        days = ",".join(str(number) for number in range(first, first + 7))
        rules.append(f"{yearly};BYMONTHDAY={days};BYDAY={weekday}")
    return rules


def _changes(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[_Change]:
    moment = datetime(max(first_year - 1, 2), 1, 1, tzinfo=UTC)
    end = datetime(min(last_year + 1, 9998), 12, 31, tzinfo=UTC)
    before = _offset_at(moment, zone)
    while moment < end:
        moment += _STEP
        after = _offset_at(moment, zone)
        if after != before:
            yield _change(zone, moment - _STEP, moment)
            before = after


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> _Change:
    """Find the second at which the offset becomes another, between `low` and `high`."""
    before = _offset_at(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset_at(middle, zone) == before else (low, middle)
    old, new = low.astimezone(zone), high.astimezone(zone)
    after = new.utcoffset() or timedelta()
    return _Change(
        instant=high,
        local=(high + before).replace(tzinfo=None),
        before=before,
        after=after,
        name=new.tzname() or zone.key,
        daylight=after > before and bool(old.dst() or new.dst()),
    )


def _offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
