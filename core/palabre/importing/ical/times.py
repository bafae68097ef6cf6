"""DTSTART, DTEND and DURATION → `values.When`, in every form that programs write.

What can be understood is kept with a note; a start or an end that is no date (24:00:00,
30 February) raises Unreadable, and the event is left out with a note.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from palabre.events.values import AllDay, Timed, When
from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.lines import Property
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.zones import Zones, disagreement

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
DAY = timedelta(days=1)


class Unreadable(ValueError):
    """A time that is no time; the message is for the report."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One date or one instant; `form` tells how it was written: date, utc, zoned or floating."""

    value: date
    zone: str
    form: str

    @property
    def is_date(self) -> bool:
        """Whether it is a whole day."""
        return not isinstance(self.value, datetime)

    def at(self, zone: str) -> datetime:
        """Return the instant in `zone`; only for timed moments."""
        if not isinstance(self.value, datetime):
            raise TypeError("a whole day is not an instant")
        return self.value.astimezone(ZoneInfo(zone))


@dataclass(frozen=True, slots=True)
class Clock:
    """What the calendar says about time: its zones, and whether X-WR-TIMEZONE gave the default."""

    zones: Zones
    said: bool = False

    @property
    def default(self) -> str:
        """The zone of times that name none."""
        return self.zones.default


def moment(prop: Property, clock: Clock, notes: Notebook) -> Moment:
    """Read a DATE or DATE-TIME property.

    Raises:
        Unreadable: it is neither, or no day of the calendar.

    """
    return moment_of(prop.value.strip(), prop, clock, notes)


def moment_of(text: str, prop: Property, clock: Clock, notes: Notebook) -> Moment:
    """Read one value of a property that may hold several."""
    tzid = prop.params.get("TZID", "")
    if _DATE.fullmatch(text):
        return Moment(_day(text), clock.zones.resolve(tzid).name if tzid else clock.default, "date")
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unreadable(_("« {text} » n’est pas une date.").format(text=_short(text)))
    if prop.params.get("VALUE", "").upper() == "DATE":
        notes.add(_("Heure écrite là où une date est annoncée : la journée est gardée."), prop.line)
        return Moment(_day(text[:8]), clock.default, "date")
    local = _local(match)
    if match[7]:
        return Moment(local.replace(tzinfo=UTC), "UTC", "utc")
    if not tzid:
        return Moment(clock.zones.resolve(clock.default).aware(local), clock.default, "floating")
    zone = clock.zones.resolve(tzid)
    if zone.assumed:
        notes.add(zone.assumed, prop.line)
    disagreement(zone, local, notes, prop.line)
    return Moment(zone.aware(local), zone.name, "zoned")


def _day(text: str) -> date:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise Unreadable(_("« {text} » n’existe pas au calendrier.").format(text=text)) from error
    if not limits.FIRST_YEAR <= day.year <= limits.LAST_YEAR:
        raise Unreadable(_("L’année {year} est hors de portée.").format(year=day.year))
    return day


def _local(match: re.Match[str]) -> datetime:
    day = _day(match[0][:8])
    second = 59 if match[6] == "60" else int(match[6])  # a leap second (section 3.3.12)
    try:
        return datetime.combine(day, time(int(match[4]), int(match[5]), second))
    except ValueError as error:
        raise Unreadable(
            _("« {text} » n’est pas une heure.").format(text=_short(match[0]))
        ) from error


@dataclass(frozen=True, slots=True)
class Length:
    """A DURATION: days of the calendar, then hours of the clock (RFC 5545 section 3.3.6)."""

    days: timedelta
    clock: timedelta

    @property
    def total(self) -> timedelta:
        """Both together, where a day has 24 hours."""
        return self.days + self.clock


def duration(text: str) -> Length:
    """Read a DURATION (RFC 5545 section 3.3.6).

    Raises:
        Unreadable: it is none, or longer than a century.

    """
    match = _DURATION.fullmatch(text.upper())
    if match is None or not any(match.groups()[1:]):
        raise Unreadable(_("« {text} » n’est pas une durée.").format(text=_short(text)))
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    sign = -1 if match[1] == "-" else 1
    clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    length = Length(sign * timedelta(weeks=weeks, days=days), sign * clock)
    if abs(length.total) > timedelta(days=36525):
        raise Unreadable(_("Durée de plus d’un siècle : {text}.").format(text=_short(text)))
    return length


def when(said: dict[str, Property], clock: Clock, notes: Notebook, *, recurs: bool) -> When:
    """Return when an event takes place.

    Args:
        said: its properties by name (the first of each).
        clock: the zones of its calendar.
        notes: gets what was assumed.
        recurs: whether it repeats: a repeated time in UTC stays in UTC, where its dates count.

    Raises:
        Unreadable: no start, or a start, end or duration that is none.

    """
    if "DTSTART" not in said:
        raise Unreadable(_("Événement sans date de début."))
    start = moment(said["DTSTART"], clock, notes)
    if start.is_date or _marked_all_day(said, start, clock):
        return _all_day(said, start, clock, notes)
    zone = start.zone
    if start.form == "utc" and not recurs:
        zone = clock.default
    if start.form == "floating":
        _tell_floating(clock, notes, said["DTSTART"].line)
    starts = start.at(zone)
    ends = _end(said, starts, zone, clock, notes)
    return Timed(starts, ends, zone, floating=start.form == "floating")


def _tell_floating(clock: Clock, notes: Notebook, line: int) -> None:
    told = (
        _("Heure sans fuseau : {zone}, le fuseau du calendrier, supposé.")
        if clock.said
        else _("Heure sans fuseau : {zone} supposé.")
    )
    notes.add(told.format(zone=clock.default), line)


def _end(
    said: dict[str, Property], starts: datetime, zone: str, clock: Clock, notes: Notebook
) -> datetime | None:
    """Return the end of a timed event, or None when nobody said (section 3.6.1)."""
    if "DTEND" in said:
        prop = said["DTEND"]
        end = moment(prop, clock, notes)
        if end.is_date:
            ends = datetime.combine(end.value, time(), ZoneInfo(zone))
            notes.add(
                _("Fin donnée en jours pour un début à une heure : minuit supposé."), prop.line
            )
        else:
            ends = end.at(zone)
    elif "DURATION" in said:
        prop = said["DURATION"]
        ends = _later(starts, duration(prop.value))
    else:
        return None
    if ends < starts:
        notes.add(_("Fin avant le début : la fin est laissée de côté."), prop.line)
        return None
    return ends


def _later(starts: datetime, length: Length) -> datetime:
    local = (starts.replace(tzinfo=None) + length.days).replace(tzinfo=starts.tzinfo)
    return (local.astimezone(UTC) + length.clock).astimezone(starts.tzinfo)


def _marked_all_day(said: dict[str, Property], start: Moment, clock: Clock) -> bool:
    """Whether Outlook marked it as whole days and it runs from midnight to midnight."""
    mark = said.get("X-MICROSOFT-CDO-ALLDAYEVENT")
    if mark is None or mark.value.strip().upper() != "TRUE":
        return False
    zone = clock.default if start.form == "utc" else start.zone
    return start.at(zone).time() == time()


def _all_day(said: dict[str, Property], start: Moment, clock: Clock, notes: Notebook) -> AllDay:
    zone = clock.default if start.form in {"utc", "date"} else start.zone
    first = _on_calendar(start, zone)
    last = _last_day(said, first, zone, clock, notes)
    if last < first:
        notes.add(_("Fin avant le début : une seule journée est gardée."), _end_line(said))
    return AllDay(first, max(last, first + DAY), zone)


def _last_day(
    said: dict[str, Property], first: date, zone: str, clock: Clock, notes: Notebook
) -> date:
    """Return the exclusive end; DTEND = DTSTART and no DTEND mean one day (section 3.6.1)."""
    if "DTEND" in said:
        end = moment(said["DTEND"], clock, notes)
        last = _on_calendar(end, zone)
        if not end.is_date and end.at(zone).time() > time():
            notes.add(
                _("Fin à une heure pour un début en jours : journée entière."), _end_line(said)
            )
            last += DAY
        return last
    if "DURATION" in said:
        length = duration(said["DURATION"].value)
        return first + timedelta(days=-(-length.total // DAY))
    return first + DAY


def _end_line(said: dict[str, Property]) -> int:
    return said.get("DTEND", said["DTSTART"]).line


def _on_calendar(point: Moment, zone: str) -> date:
    return point.value if point.is_date else point.at(zone).date()


def stamp(prop: Property | None) -> datetime | None:
    """Return LAST-MODIFIED or DTSTAMP in UTC, or None when absent or broken."""
    if prop is None or (match := _TIME.fullmatch(prop.value.strip())) is None:
        return None
    try:
        return _local(match).replace(tzinfo=UTC)
    except Unreadable:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
