"""What templates do to words, numbers and times: Jinja filters as plain functions.

Dates are written in the language of the request. A `datetime` is shown in the zone given with it
(the event's own), never in the server's.
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from palabre.i18n import language
from palabre.web.typography import NARROW_NO_BREAK, french

# British English writes dates and hours as the rest of Europe does.
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
FALLBACK_LOCALE = "en_GB"

DAY = "EEEE d MMMM y"
DAY_SHORT = "EEE d MMM"
DAY_MONTH = "d MMMM"
MONTH = "MMMM y"
WEEKDAY = "EEEE"
WEEKDAY_SHORT = "EEE"

A_MONDAY = date(2024, 1, 1)

_ADDRESS = re.compile(r"https?://[^\s<>\"'«»“”]+", re.IGNORECASE)
_TRAILING = ".,;:!?…"
LINK_REL = "nofollow ugc noopener"


def day(value: date, zone: str | None = None) -> str:
    """Write "samedi 14 novembre 2026"; a datetime is first taken to `zone` (an IANA name)."""
    return _written(_as_day(value, zone), DAY, _locale())


def day_short(value: date, zone: str | None = None) -> str:
    """Write "sam. 14 nov."."""
    return _written(_as_day(value, zone), DAY_SHORT, _locale())


def day_month(value: date, zone: str | None = None) -> str:
    """Write "14 novembre"."""
    return _written(_as_day(value, zone), DAY_MONTH, _locale())


def month(value: date, zone: str | None = None) -> str:
    """Write "novembre 2026"."""
    return _written(_as_day(value, zone).replace(day=1), MONTH, _locale())


def weekday(value: date, zone: str | None = None) -> str:
    """Write "samedi"."""
    return _written(_same_weekday(_as_day(value, zone)), WEEKDAY, _locale())


def weekday_short(value: date, zone: str | None = None) -> str:
    """Write "sam."."""
    return _written(_same_weekday(_as_day(value, zone)), WEEKDAY_SHORT, _locale())


def clock(value: datetime, zone: str | None = None) -> str:
    """Write an hour: "18 h", "18 h 30" in French, "18:30" elsewhere."""
    local = _local(value, zone)
    if language.get() != "fr":
        return f"{local:%H:%M}"
    hour = f"{local.hour}{NARROW_NO_BREAK}h"
    return f"{hour}{NARROW_NO_BREAK}{local:%M}" if local.minute else hour


def iso(value: date, zone: str | None = None) -> str:
    """Return what <time datetime=""> wants: a date, or an instant with its offset."""
    if isinstance(value, datetime):
        return _local(value, zone).isoformat(timespec="minutes")
    return value.isoformat()


def number(value: float) -> str:
    """Write a number with the language's separators: "1 234,5"."""
    return str(format_decimal(value, locale=_locale()))


def paragraphs(value: str) -> Markup:
    """Turn plain text into HTML: paragraphs by blank lines, lines kept, http(s) addresses linked.

    Everything is escaped first; nothing in `value` can become markup of its own. Its spaces are
    typeset as French: other languages have none before these signs, so nothing changes for them.
    """
    lines = french(value.replace("\r\n", "\n"))
    blocks = (block.strip() for block in re.split(r"\n\s*\n", lines))
    return Markup("\n").join(
        Markup("<p>{}</p>").format(Markup("<br>\n").join(map(_linked, block.split("\n"))))
        for block in blocks
        if block
    )


def host(address: str) -> str:
    """Return the readable host of a web address, "" when it has none."""
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")


FILTERS = {
    "day": day,
    "day_short": day_short,
    "day_month": day_month,
    "month": month,
    "weekday": weekday,
    "weekday_short": weekday_short,
    "clock": clock,
    "iso": iso,
    "number": number,
    "text": paragraphs,
    "typeset": french,
    "host": host,
}


def _locale() -> str:
    return LOCALES.get(language.get(), FALLBACK_LOCALE)


def _local(value: datetime, zone: str | None) -> datetime:
    return value.astimezone(ZoneInfo(zone)) if zone else value


def _as_day(value: date, zone: str | None) -> date:
    return _local(value, zone).date() if isinstance(value, datetime) else value


def _same_weekday(value: date) -> date:
    """Return one of seven days instead of any: what is written of it is then known already."""
    return A_MONDAY + timedelta(days=value.weekday())


@lru_cache(maxsize=4096)
def _written(value: date, pattern: str, locale: str) -> str:
    if value.day == 1 and locale == "fr_FR":
        pattern = pattern.replace("d ", "'1er' ", 1)
    return str(format_date(value, pattern, locale=locale))


def _linked(line: str) -> Markup:
    pieces: list[str] = []
    position = 0
    for match in _ADDRESS.finditer(line):
        address = _without_trailing(match.group())
        pieces.append(escape(line[position : match.start()]))
        pieces.append(_link(address))
        position = match.start() + len(address)
    pieces.append(escape(line[position:]))
    return Markup("").join(pieces)


def _link(address: str) -> Markup:
    if not host(address):
        return escape(address)
    return Markup('<a href="{}" rel="{}">{}</a>').format(address, LINK_REL, address)


def _without_trailing(address: str) -> str:
    """Leave out what ends the sentence rather than the address, a lone bracket included."""
    kept = address.rstrip(_TRAILING)
    while kept.endswith(")") and kept.count(")") > kept.count("("):
        kept = kept[:-1].rstrip(_TRAILING)
    return kept
