"""Small calendars, written for the tests that read them."""

from palabre.importing.ical.calendar import read_all
from palabre.importing.ical.model import ImportedEvent, Reading

PARIS = """BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:STANDARD
DTSTART:19961027T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE"""
EVENING = "DTSTART;TZID=Europe/Paris:20261114T183000"


def event(*lines: str, uid: str = "veillee@example.org", title: str = "Veillée") -> str:
    """Write a VEVENT; `lines` come after UID, DTSTAMP and SUMMARY (those given as "" stay out)."""
    first = ["BEGIN:VEVENT", f"UID:{uid}" if uid else "", "DTSTAMP:20261101T120000Z"]
    first.append(f"SUMMARY:{title}" if title else "")
    return "\n".join([*(line for line in first if line), *lines, "END:VEVENT"])


def calendar(*parts: str, head: tuple[str, ...] = ()) -> bytes:
    """Write a VCALENDAR around `parts`, with CRLF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Essai//FR", *head, *parts]
    text = "\n".join([*lines, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def read(*parts: str, head: tuple[str, ...] = (), zone: str = "Europe/Paris") -> Reading:
    """Read a calendar of these parts."""
    return read_all(calendar(*parts, head=head), zone)


def read_one(*lines: str, head: tuple[str, ...] = (), before: str = "") -> ImportedEvent:
    """Read a calendar of one event (and `before` it, say, its time zone)."""
    parts = (before, event(*lines)) if before else (event(*lines),)
    (only,) = read(*parts, head=head).events
    return only


def messages(reading: Reading) -> list[str]:
    """Return what the report would say, in order."""
    return [note.message for note in reading.notes]


def read_all_titles(data: bytes) -> list[str]:
    """Return the titles of the events in `data`."""
    return [item.content.title for item in read_all(data).events]
