"""Putting a statement together from parts that each bring their own arguments."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DATE = date(1900, 1, 1)
LAST_DATE = date(2200, 12, 31)


@dataclass(slots=True)
class Arguments:
    """The positional arguments of one statement; `add` gives each its placeholder."""

    values: list[object] = field(default_factory=list)

    def add(self, value: object) -> str:
        """Keep `value` and return the placeholder that stands for it, such as `$3`."""
        self.values.append(value)
        return f"${len(self.values)}"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and the calendar that decides what "today" means at it.

    `now` is an aware datetime, `zone` the site's time zone.
    """

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The date on the site's calendar."""
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """Return the instant at which `day` begins on the site's calendar.

        Where clocks jump over midnight, it is the first instant after the jump.
        """
        return datetime.combine(day, time(), self.zone)

    def day_after(self, day: date) -> datetime:
        """Return the instant at which `day` is over on the site's calendar."""
        return self.midnight(day + timedelta(days=1))
