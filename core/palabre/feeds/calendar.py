"""What stands around the events of a feed: its name, its time zones, how often to come back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from palabre import __version__
from palabre.feeds import lines
from palabre.feeds.body import Body, Piece, Stock, Years, piece
from palabre.feeds.timezones import vtimezone

# How often calendars should ask again. Nextcloud waits a week when nobody says, Outlook a day.
REFRESH = "PT1H"
_COLOUR = ("seagreen", "#2E8B57")  # a CSS3 name, and the same for Apple


class Format(StrEnum):
    """The endings of a list's address."""

    ICS = "ics"
    JSON = "json"

    @property
    def separator(self) -> bytes:
        """What stands between two events."""
        return b"" if self is Format.ICS else b",\n"

    @property
    def media_type(self) -> str:
        """The Content-Type."""
        return "text/calendar; charset=utf-8" if self is Format.ICS else "application/json"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a feed says of itself: `source` is its own address and `page` that of the same list."""

    name: str
    source: str
    page: str
    zone: str


def body(form: Format, heading: Heading, stock: Stock) -> Body:
    """Return the finished feed; the same events under the same heading give the same bytes."""
    if form is Format.ICS:
        return Body(_ics_head(heading, stock), stock, piece(b"END:VCALENDAR\r\n"))
    return Body(_json_head(heading, stock), stock, piece(b"\n]}\n"))


def _ics_head(heading: Heading, stock: Stock) -> Piece:
    name = lines.one_line(heading.name)
    parts = [
        b"BEGIN:VCALENDAR\r\n",
        lines.line("VERSION", "2.0"),
        lines.text("PRODID", f"-//Palabre//Palabre {__version__}//FR"),
        lines.line("CALSCALE", "GREGORIAN"),
        lines.line("METHOD", "PUBLISH"),
        lines.text("NAME", name),
        lines.text("X-WR-CALNAME", name),
        lines.line("X-WR-TIMEZONE", heading.zone),
        lines.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH),
        lines.line("X-PUBLISHED-TTL", REFRESH),
        lines.line("SOURCE;VALUE=URI", lines.uri(heading.source) or heading.source),
        lines.line("URL", lines.uri(heading.page) or heading.page),
        lines.line("COLOR", _COLOUR[0]),
        lines.line("X-APPLE-CALENDAR-COLOR", _COLOUR[1]),
    ]
    if stock.last_modified is not None:
        parts.append(lines.line("LAST-MODIFIED", lines.instant(stock.last_modified)))
    parts += _zones(stock.zones, heading.zone, empty=not stock.chunks)
    return piece(b"".join(parts))


def _zones(zones: Mapping[str, Years], site_zone: str, *, empty: bool) -> list[bytes]:
    """Return the zones in use; a calendar needs some component, so an empty one has the site's."""
    if empty:
        year = 2026
        zones = {site_zone: (year, year)}
    return [vtimezone(zone, *years) for zone, years in sorted(zones.items())]


def _json_head(heading: Heading, stock: Stock) -> Piece:
    changed = stock.last_modified or datetime(1970, 1, 1, tzinfo=UTC)
    about = {
        "name": lines.one_line(heading.name),
        "source": heading.source,
        "page": heading.page,
        "time_zone": heading.zone,
        "changed": changed.astimezone(UTC).isoformat() if stock.chunks else None,
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    return piece(f'{text[:-1]},"events":[\n'.encode())
