"""What an event says, as values: what crosses every border between forms, imports, feeds and tables.

Nothing here knows the database or a request. Times follow one convention everywhere:

* a *timed* event has aware datetimes in its IANA zone; its end is the instant at which it is over,
  or None where nobody said (a point in time, RFC 5545 section 3.6.1);
* an *all-day* event has dates, and its end is **exclusive**, as in iCalendar: a one-day event on
  14 November ends on 15 November.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Publication(StrEnum):
    """Where an event stands between its author and the public."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Status(StrEnum):
    """What became of an event; the six states of OpenAgenda."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    MOVED_ONLINE = "moved_online"
    POSTPONED = "postponed"
    FULL = "full"
    CANCELLED = "cancelled"


class Audience(StrEnum):
    """Whom an event is meant for."""

    EVERYONE = "everyone"
    FAMILIES = "families"
    CHILDREN = "children"
    YOUNG = "young"
    ADULTS = "adults"
    PROFESSIONALS = "professionals"


class Price(StrEnum):
    """How an event is paid; UNKNOWN when nobody said, which is not free."""

    UNKNOWN = "unknown"
    FREE = "free"
    OPEN = "open"  # prix libre: each gives what they wish
    PAID = "paid"


class Accessibility(StrEnum):
    """The five codes of OpenAgenda: hearing, sight, mental health, mobility, intellectual."""

    HEARING = "hi"
    VISUAL = "vi"
    PSYCHIC = "pi"
    MOTOR = "mi"
    INTELLECTUAL = "ii"


@dataclass(frozen=True, slots=True)
class Timed:
    """Hours on a clock: aware datetimes, both in `zone` (an IANA name).

    `floating` remembers that the source gave no zone at all and that `zone` was assumed.
    """

    starts: datetime
    ends: datetime | None
    zone: str
    floating: bool = False


@dataclass(frozen=True, slots=True)
class AllDay:
    """Whole days; `ends` is exclusive and later than `starts`. `zone` places them on the globe."""

    starts: date
    ends: date
    zone: str


When = Timed | AllDay
Start = datetime | date
# What plugins add to an event: by plugin and field, each value of a kind that JSON has.
Extra = str | int | bool | list[str]
Extras = dict[str, dict[str, Extra]]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The dates of a repeated event (RFC 5545 sections 3.8.5.1 to 3.8.5.3).

    `rule` is an RRULE value without its name, UNTIL already in UTC for timed events (a date for
    all-day ones), or "" when only `rdates` repeat it. Dates are of the same kind and zone as the
    event's start.
    """

    rule: str = ""
    rdates: tuple[Start, ...] = ()
    exdates: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A change to a single date of a repeated event; None means "as in the series".

    `original` is the start which the series gave it (RECURRENCE-ID).
    """

    original: Start
    cancelled: bool = False
    when: When | None = None
    title: str | None = None
    description: str | None = None
    status: Status | None = None
    venue_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """An event's words in another language than its base one."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by reference; `alt` says in words what is seen, `credit` whose it is."""

    url: str
    alt: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A venue as words and numbers; latitude and longitude in degrees (WGS 84), or None."""

    name: str
    address: str = ""
    postal_code: str = ""
    commune: str = ""
    country: str = "FR"
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """All that an editor, an import or a plugin may say of an event.

    `description` is plain text (paragraphs by blank lines). `categories` hold no comma, semicolon
    or backslash (FEED.md E27). `translations` are keyed by language code, never by `language`.
    `extras` are the values of plugins' fields (`palabre.events.extras`).
    """

    title: str
    when: When
    description: str = ""
    recurrence: Recurrence | None = None
    overrides: tuple[Override, ...] = ()
    status: Status = Status.SCHEDULED
    venue_id: UUID | None = None
    online_url: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    audience: Audience = Audience.EVERYONE
    price: Price = Price.UNKNOWN
    price_text: str = ""
    accessibility: tuple[Accessibility, ...] = ()
    image: Image | None = None
    language: str = "fr"
    translations: dict[str, Translation] = field(default_factory=dict)
    parent_id: UUID | None = None
    co_organiser_ids: tuple[UUID, ...] = ()
    extras: Extras = field(default_factory=dict)
