"""When a schedule is due: the five fields of crontab(5), on the clocks of a time zone.

    minute hour day-of-month month day-of-week      "30 8 * * 1-5": working days at half past eight

Fields hold `*`, numbers, ranges, lists and steps (`*/15`, `8-18/2`); 0 and 7 are Sunday. As in
crontab(5), a day fits when either the day of the month or the day of the week does, once both are
given. An hour that the clocks skip in spring is due when they have gone on; one that they repeat
in autumn is due once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
HORIZON = 366 * 8 + 2  # days: 29 February, and a century without one
SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule; `parse` makes it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the first hour that is due after `instant`, in UTC."""
        today = instant.astimezone(zone).date()
        for offset in range(-1, HORIZON):
            for due in self._on(today + timedelta(days=offset), zone):
                if due > instant:
                    return due
        raise ValueError("a schedule that is never due")

    def before(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the last hour that was due at `instant` or before, in UTC."""
        today = instant.astimezone(zone).date()
        for offset in range(-1, HORIZON):
            for due in reversed(list(self._on(today - timedelta(days=offset), zone))):
                if due <= instant:
                    return due
        raise ValueError("a schedule that is never due")

    def _on(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the hours of one local day, in order."""
        if not self._fits(day):
            return
        hours = {
            datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
            for hour in self.hours
            for minute in self.minutes
        }
        yield from sorted(hours)

    def _fits(self, day: date) -> bool:
        by_month, by_week = day.day in self.days, day.isoweekday() in self.weekdays
        fits = by_month or by_week if self.either_day else by_month and by_week
        return fits and day.month in self.months


def parse(text: str) -> Cron:
    """Read five fields; raises ValueError, naming the field that is wrong."""
    given = text.split()
    if len(given) != len(FIELDS):
        raise ValueError(f"{text!r} has {len(given)} fields instead of five")
    numbers = [
        _numbers(field, name, low, high)
        for field, (name, low, high) in zip(given, FIELDS, strict=True)
    ]
    cron = Cron(
        tuple(sorted(numbers[0])),
        tuple(sorted(numbers[1])),
        frozenset(numbers[2]),
        frozenset(numbers[3]),
        frozenset(number or SUNDAY for number in numbers[4]),
        either_day=not given[2].startswith("*") and not given[4].startswith("*"),
    )
    cron.after(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))  # 30 February is never
    return cron


def _numbers(field: str, name: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else int(first)
            stop = high if span == "*" or (step and not dash) else int(last if dash else first)
            found |= set(range(start, stop + 1, int(step or 1)))
        except ValueError as error:
            raise ValueError(f"{name}: {part!r} is not understood") from error
        if not low <= start <= stop <= high:
            raise ValueError(f"{name}: {part!r} is not between {low} and {high}")
    return found
