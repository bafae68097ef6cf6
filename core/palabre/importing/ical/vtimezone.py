"""The rules of a VTIMEZONE (RFC 5545 section 3.6.5), to know its offset at one moment.

Only yearly rules and lists of dates are followed: nothing else describes a time zone, and nothing
else stays bounded.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from palabre.errors import Refused
from palabre.events.rules import Frequency, Rule, parse_rule, walk
from palabre.importing.ical.lines import Property, properties
from palabre.importing.ical.model import Component
from palabre.importing.ical.notes import Notebook

_PART = re.compile(
    rb"^BEGIN:(STANDARD|DAYLIGHT)[ \t]*\n(.*?)^END:\1", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_OFFSET = re.compile(r"([+-]?)(\d{2}):?(\d{2})(\d{2})?")
_STAMP = re.compile(r"(\d{8})T(\d{6})Z?")
_MAX_PARTS = 200
_MAX_DATES = 500


@dataclass(frozen=True, slots=True)
class Observance:
    """A STANDARD or DAYLIGHT part: from each onset (local time before it) on, `to` applies."""

    starts: datetime
    before: timedelta
    to: timedelta
    rule: Rule | None = None
    dates: tuple[datetime, ...] = ()

    def onsets(self, year: int) -> list[datetime]:
        """Return the onsets in `year`, local time before the change."""
        found = [day for day in (self.starts, *self.dates) if day.year == year]
        if self.rule is not None and year >= self.starts.year:
            days = walk(self.rule, self.starts, date(year, 12, 31), date(year, 1, 1))
            found += [day for day in days if day.year == year and not self._is_over(day)]
        return found

    def _is_over(self, day: datetime) -> bool:
        """Whether the rule ended before `day`: its UNTIL is in UTC (section 3.6.5)."""
        until = self.rule.until if self.rule else None
        if not isinstance(until, datetime):
            return until is not None and day.date() > until
        return day - self.before > until.replace(tzinfo=None)


@dataclass(slots=True)
class ZoneRules:
    """All the observances of one VTIMEZONE; years once computed are remembered."""

    tzid: str
    parts: tuple[Observance, ...]
    _years: dict[int, list[tuple[datetime, timedelta]]] = field(default_factory=dict)

    def offset_at(self, local: datetime) -> timedelta:
        """Return the UTC offset at naive `local` time; before any onset, the first part's."""
        for year in range(local.year, local.year - 3, -1):
            reached = [offset for onset, offset in self._year(year) if onset <= local]
            if reached:
                return reached[-1]
        earlier = [
            (onset, part.to)
            for part in self.parts
            for onset in (part.starts, *part.dates)
            if onset <= local
        ]
        if earlier:
            return max(earlier)[1]
        return min(self.parts, key=lambda part: part.starts).before

    def covers(self, local: datetime) -> bool:
        """Whether the rules say anything about `local`, rather than about years around it."""
        onsets = [day for part in self.parts for day in (part.starts, *part.dates)]
        forever = any(part.rule is not None and part.rule.until is None for part in self.parts)
        return min(onsets) <= local and (forever or len(onsets) == 1 or local <= max(onsets))

    def _year(self, year: int) -> list[tuple[datetime, timedelta]]:
        if year not in self._years:
            self._years[year] = sorted(
                (onset, part.to) for part in self.parts for onset in part.onsets(year)
            )
        return self._years[year]


def read_rules(component: Component) -> ZoneRules | None:
    """Return the rules of a VTIMEZONE, or None when it can't be used."""
    notes = Notebook()
    parts: list[Observance] = []
    for match in list(_PART.finditer(component.octets))[:_MAX_PARTS]:
        part = _observance(properties(match[2], component.line, notes))
        if part is not None:
            parts.append(part)
    outside = properties(_PART.sub(b"", component.octets), component.line, notes)
    tzid = next((prop.value for prop in outside if prop.name == "TZID"), "")
    return ZoneRules(tzid, tuple(parts)) if tzid and parts else None


def _observance(found: list[Property]) -> Observance | None:
    said = {prop.name: prop.value.strip() for prop in found}
    starts = _stamp(said.get("DTSTART", ""))
    before, to = _offset(said.get("TZOFFSETFROM", "")), _offset(said.get("TZOFFSETTO", ""))
    if starts is None or to is None:
        return None
    rule = _rule(said.get("RRULE", ""))
    dates = [
        stamp
        for prop in found
        if prop.name == "RDATE"
        for text in prop.value.split(",")
        if (stamp := _stamp(text)) is not None
    ]
    before = to if before is None else before
    return Observance(starts, before, to, rule, tuple(dates[:_MAX_DATES]))


def _rule(text: str) -> Rule | None:
    """Return a yearly rule, or None for anything else."""
    try:
        rule = parse_rule(text)
    except Refused:
        return None
    yearly = rule.frequency is Frequency.YEARLY and rule.interval == 1 and rule.count is None
    return rule if yearly else None


def _stamp(text: str) -> datetime | None:
    text = text.strip()
    if _STAMP.fullmatch(text) is None:
        return None
    try:
        return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local by definition
    except ValueError:
        return None


def _offset(text: str) -> timedelta | None:
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 23:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return -offset if match[1] == "-" else offset
