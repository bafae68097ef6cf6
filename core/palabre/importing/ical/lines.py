"""A raw event → its properties (RFC 5545 section 3.1): unfold octets, then decode, then split.

A line that can't be read is dropped with a note; the event lives on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.notes import Notebook

# Neither is read: people's addresses, and files that travel inside the calendar.
PERSONAL = frozenset({b"ATTENDEE", b"ORGANIZER", b"ATTACH", b"CONTACT", b"COMMENT"})
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)', re.DOTALL)
_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")
_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;:"]*)')
_CARET = {"^n": "\n", "^N": "\n", "^^": "^", "^'": '"'}
_SOFT_BREAK = re.compile(rb"^[^:]*;ENCODING=QUOTED-PRINTABLE", re.IGNORECASE)
# Free text in which an unfolded line break may have been left (section 3.1 asks for a space).
_FREE_TEXT = (b"DESCRIPTION", b"SUMMARY", b"LOCATION", b"COMMENT", b"X-ALT-DESC")
KNOWN = frozenset(
    [
        "ATTACH",
        "ATTENDEE",
        "BEGIN",
        "CALSCALE",
        "CATEGORIES",
        "CLASS",
        "COLOR",
        "COMMENT",
        "COMPLETED",
        "CONFERENCE",
        "CONTACT",
        "CREATED",
        "DESCRIPTION",
        "DTEND",
        "DTSTAMP",
        "DTSTART",
        "DUE",
        "DURATION",
        "END",
        "EXDATE",
        "EXRULE",
        "FREEBUSY",
        "GEO",
        "IMAGE",
        "LAST-MODIFIED",
        "LOCATION",
        "METHOD",
        "NAME",
        "ORGANIZER",
        "PERCENT-COMPLETE",
        "PRIORITY",
        "PRODID",
        "RDATE",
        "RECURRENCE-ID",
        "RELATED-TO",
        "REPEAT",
        "REQUEST-STATUS",
        "RESOURCES",
        "RRULE",
        "SEQUENCE",
        "SOURCE",
        "STATUS",
        "STRUCTURED-DATA",
        "STYLED-DESCRIPTION",
        "SUMMARY",
        "TRANSP",
        "TRIGGER",
        "TZID",
        "TZNAME",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "TZURL",
        "UID",
        "URL",
        "VERSION",
    ]
)


TOO_LARGE = b"X-PALABRE-TOO-LARGE:"  # stands for a line that was dropped
_NEW_LINE = re.compile(rb"\n(?![ \t\n])")
_SUSPECT = 65_536  # octets from which an event is looked through for what is too large in it
_MAX_ATTACH = 8_192  # octets of an ATTACH that may still be an address
# Their values hold no colon, their zone's name may: TZID=(UTC+01:00) Bruxelles.
_TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})
_TIME = re.compile(r"([A-Za-z0-9-]+)(;.*):([^:]*)", re.DOTALL)
_LOOSE_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;"]*)')


@dataclass(frozen=True, slots=True)
class Property:
    """One property: upper-case name and parameter names, decoded value still escaped."""

    name: str
    value: str
    line: int
    params: dict[str, str] = field(default_factory=dict)


def properties(octets: bytes, first_line: int, notes: Notebook) -> list[Property]:
    """Return the properties of one component, in order; notes tell what was dropped or assumed."""
    found: list[Property] = []
    for number, line in unfold(octets, first_line, notes):
        name = _NAME.match(line)
        if name is None:
            notes.add(_("Ligne illisible, laissée de côté."), number)
        elif line == TOO_LARGE:
            notes.add(_("Ligne de plus de 1 Mo, laissée de côté."), number)
        elif name[0].upper() in PERSONAL and not _is_link(name[0], line):
            continue
        elif len(line) > limits.LINE:
            notes.add(_("Ligne de plus de 1 Mo, laissée de côté."), number)
        elif (prop := _split(_text(line, number, notes), number)) is not None:
            found.append(prop)
        else:
            notes.add(_("Ligne illisible, laissée de côté."), number)
    return found


def unfold(octets: bytes, first_line: int, notes: Notebook) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, logical line); a continuation that lost its space is joined, with a note."""
    parts: list[bytes] = []
    started = first_line
    for number, line in enumerate(octets.split(b"\n"), first_line):
        if line[:1] in (b" ", b"\t") and parts:
            parts.append(line[1:])
        elif not line.strip():
            continue
        elif parts and _soft_break(parts):
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif parts and _lost_its_space(line, parts[0]):
            notes.add(
                _("Suite de ligne sans espace devant : rattachée à la ligne d’avant."), number
            )
            parts.append(b"\\n" + line)
        else:
            if parts:
                yield started, b"".join(parts)
            parts, started = [line], number
    if parts:
        yield started, b"".join(parts)


def _soft_break(parts: list[bytes]) -> bool:
    return parts[-1].endswith(b"=") and _SOFT_BREAK.match(parts[0]) is not None


def _lost_its_space(line: bytes, previous: bytes) -> bool:
    name = _NAME.match(line)
    if name is not None:
        word = name[0].decode("ascii")
        if word.upper() in KNOWN or word.upper().startswith("X-"):
            return False
    return previous.upper().startswith(_FREE_TEXT)


def _is_link(name: bytes, line: bytes) -> bool:
    """Whether an ATTACH points to an address (base64 contents are never read)."""
    return name.upper() == b"ATTACH" and len(line) <= limits.ADDRESS and b"://" in line


def _text(line: bytes, number: int, notes: Notebook) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        notes.add(_("Cette ligne n’est pas en UTF-8 : lue comme du Windows-1252."), number)
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def lines_of(octets: bytes) -> int:
    """Return how many lines there are, those that were folded counted once, empty ones not."""
    return sum(1 for _match in _NEW_LINE.finditer(octets))


def slim(octets: bytes, limits_: limits.Limits) -> bytes:
    """Return a raw event without the files and the endless lines inside it; numbering is kept.

    An event that has too many lines is left as it is: it will be left out.
    """
    if len(octets) <= _SUSPECT:
        return octets
    pieces: list[bytes] = []
    start = 0
    for count, match in enumerate(_NEW_LINE.finditer(octets)):
        if count > limits_.properties:
            return octets
        end = match.start()
        large = end - start > limits.LINE or (
            end - start > _MAX_ATTACH and octets[start : start + 6].upper() == b"ATTACH"
        )
        pieces.append(_dropped(octets, start, end) if large else octets[start:end])
        start = end + 1
    pieces.append(octets[start:] if len(octets) - start <= limits.LINE else b"")
    return b"\n".join(pieces)


def _dropped(octets: bytes, start: int, end: int) -> bytes:
    """Leave of a large line its name, where the reader should hear of it, and its line ends."""
    name = b"" if octets[start : start + 6].upper() == b"ATTACH" else TOO_LARGE
    return name + b"\n" * octets.count(b"\n", start, end)


def _split(line: str, number: int) -> Property | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    if match[1].upper() in _TIMES and ":" in match[3]:
        loose = _TIME.fullmatch(line)
        if loose is not None:
            params = {key.upper(): _param(value) for key, value in _LOOSE_PARAM.findall(loose[2])}
            return Property(loose[1].upper(), loose[3], number, params)
    params = (
        {key.upper(): _param(value) for key, value in _PARAM.findall(match[2])} if match[2] else {}
    )
    value = match[3]
    if params.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = _quoted_printable(value, params.get("CHARSET", "utf-8"))
    return Property(match[1].upper(), value, number, params)


def _param(value: str) -> str:
    """Unquote a parameter value and undo RFC 6868."""
    value = value.strip().strip('"')
    return re.sub(r"\^[nN^']", lambda m: _CARET[m[0]], value) if "^" in value else value


def _quoted_printable(value: str, charset: str) -> str:
    from quopri import decodestring

    raw = decodestring(value.encode("latin-1", "replace"))
    try:
        text = raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        text = raw.decode("utf-8", "replace")
    return text.replace("\r\n", "\\n").replace("\n", "\\n")
