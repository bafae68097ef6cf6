"""What a list shows of one date of one event, read from a raw row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from palabre.events.values import Price, Status
from palabre.i18n import BASE_LANGUAGE, language
from palabre.web.typography import french

A_DAY = timedelta(days=1)
LONG = timedelta(hours=20)  # longer than any night out, shorter than the shortest day of the year

# The columns of a card, over the aliases of `Selection.where_date` and `g` for the organiser;
# `{language}` and `{zone}` stand for placeholders.
COLUMNS = """o.id, o.starts_at, o.ends_at, o.first_day, o.last_day, o.all_day,
    o.cancelled OR e.status = 'cancelled' AS cancelled,
    COALESCE(o.title, e.translations -> {language} ->> 'title', e.title) AS title,
    CASE WHEN o.title IS NULL AND e.translations ? {language} THEN {language}
         ELSE e.language END AS language,
    e.slug, e.status, e.time_zone, e.price, e.online_url <> '' AS online,
    v.name AS venue, v.commune, g.name AS organisation"""
TABLES = """core_occurrence o
    JOIN core_event e ON e.id = o.event_id
    JOIN core_organisation g ON g.id = e.organisation_id
    LEFT JOIN core_venue v ON v.id = COALESCE(o.venue_id, e.venue_id)"""


@dataclass(frozen=True, slots=True)
class Card:
    """One date of one event.

    `starts` and `ends` are on the clock of the event's own place; `day` is the day under which
    the site's calendar shows it; `away` says that the two clocks differ at that moment. `foreign`
    is the title's language where it is not the page's, else "" (WCAG 2.2, 3.1.2).
    """

    id: int
    slug: str
    title: str
    foreign: str
    day: date
    starts: datetime
    ends: datetime
    instant: datetime
    first_day: date
    last_day: date
    zone: str
    away: bool
    all_day: bool
    cancelled: bool
    status: Status
    price: Price
    online: bool
    venue: str | None
    commune: str | None
    organisation: str

    @property
    def until(self) -> date | None:
        """The last day of what lasts for days, such as an exhibition; None for all else."""
        return self.last_day if is_long(self) else None

    @property
    def sort_key(self) -> tuple[date, bool, datetime, int]:
        """The order within a page: by day, whole days first."""
        return self.day, not self.all_day, self.instant, self.id


def is_long(card: Card) -> bool:
    """Whether the date lasts for several days, and not only past midnight."""
    return card.last_day > card.first_day and card.ends - card.starts >= LONG


def typeset(text: str, code: str) -> str:
    """Return words in the language `code` with the spaces that must not break."""
    return french(text) if code == BASE_LANGUAGE else text


def foreign(code: str) -> str:
    """Return the language `code` where it is not that of the page, else ""."""
    return "" if code == language.get() else code


def card_from(row: Mapping[str, Any], site_zone: ZoneInfo) -> Card:
    """Read a row of COLUMNS."""
    starts_at: datetime = row["starts_at"]
    zone = ZoneInfo(row["time_zone"])
    starts = starts_at.astimezone(zone)
    here = starts_at.astimezone(site_zone)
    all_day: bool = row["all_day"]
    return Card(
        id=row["id"],
        slug=row["slug"],
        title=typeset(row["title"], row["language"]),
        foreign=foreign(row["language"]),
        day=row["first_day"] if all_day else here.date(),
        starts=starts,
        ends=row["ends_at"].astimezone(zone),
        instant=starts_at,
        first_day=row["first_day"],
        last_day=row["last_day"],
        zone=row["time_zone"],
        away=not all_day and starts.utcoffset() != here.utcoffset(),
        all_day=all_day,
        cancelled=row["cancelled"],
        status=Status.CANCELLED if row["cancelled"] else Status(row["status"]),
        price=Price(row["price"]),
        online=row["online"],
        venue=row["venue"] and french(row["venue"]),
        commune=row["commune"],
        organisation=french(row["organisation"]),
    )
