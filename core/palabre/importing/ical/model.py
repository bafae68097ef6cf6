"""What reading a calendar gives: frozen values, ready to be sent between processes."""

from dataclasses import dataclass, field
from datetime import datetime

from palabre.events.values import Content, Place, Start


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the report: what was assumed, and where (line 0 speaks of the whole file)."""

    line: int
    uid: str
    message: str


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One VEVENT as it stands in the file, not read yet.

    `key` is UID and RECURRENCE-ID (or a hash of start and title where there is no UID);
    `fingerprint` is the hash of its bytes, without DTSTAMP, and of what else decides its meaning.
    """

    uid: str
    recurrence_id: str
    key: str
    line: int
    fingerprint: bytes
    octets: bytes
    calendar: int
    sequence: int = 0
    unclosed: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """The octets of a VTIMEZONE (or another part) and the line where they start."""

    octets: bytes
    line: int


@dataclass(frozen=True, slots=True)
class CalendarHead:
    """What a VCALENDAR says of all its events."""

    name: str = ""
    product: str = ""
    method: str = ""
    zone: str = ""
    timezones: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A file cut into raw events; `skipped` counts to-dos, journals and busy times."""

    heads: tuple[CalendarHead, ...]
    events: tuple[RawEvent, ...]
    notes: tuple[Note, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """The identity of one VEVENT that went into an event."""

    key: str
    uid: str
    recurrence_id: str
    line: int
    fingerprint: bytes
    sequence: int = 0
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """An event to store, from one VEVENT or from a series with its single-date changes.

    `place` and `override_places` wait for their venue: the contents hold no venue_id yet.
    `private` tells CLASS:PRIVATE or CONFIDENTIAL; `cancels` METHOD:CANCEL. `original` is the
    RECURRENCE-ID of a single date whose series isn't in the file.
    """

    uid: str
    content: Content
    entries: tuple[Entry, ...]
    place: Place | None = None
    override_places: tuple[tuple[Start, Place], ...] = ()
    private: bool = False
    cancels: bool = False
    original: Start | None = None

    @property
    def key(self) -> str:
        """The key of its first VEVENT, by which the event is found again."""
        return self.entries[0].key


@dataclass(frozen=True, slots=True)
class Reading:
    """What came out of some raw events: the events, the notes, and the keys that gave nothing."""

    events: tuple[ImportedEvent, ...] = ()
    notes: tuple[Note, ...] = ()
    unreadable: tuple[Entry, ...] = field(default=())
