"""Any bytes → UTF-8 octets with LF line ends, or a refusal in clear words.

Octets that are not UTF-8 are kept as they are: a fold may cut a character in two, so only a whole
line can be decoded (lines.py). Limits count decoded octets: a gzip bomb stops at the limit.
"""

import codecs
import re
import zlib

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.importing.ical.limits import DEFAULT, Limits

GZIP = b"\x1f\x8b"
_BOMS = (  # the longer ones first: the mark of UTF-16 starts the one of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CALENDAR = re.compile(
    rb"^[ \t]*BEGIN[ \t]*:[ \t]*(VCALENDAR|VEVENT)", re.IGNORECASE | re.MULTILINE
)
_HTML = re.compile(rb"<(!doctype|html|head|body|title|div)\b", re.IGNORECASE)


def decode(data: bytes, limits: Limits = DEFAULT) -> bytes:
    """Return the calendar's octets, LF only, without byte order mark.

    Args:
        data: what was uploaded, fetched or pasted; gzip is opened.
        limits: `limits.bytes` bounds the decoded octets.

    Raises:
        Refused: too large, unreadable compression, or not a calendar at all; says which.

    """
    if data.startswith(GZIP):
        data = _gunzip(data, limits.bytes)
    if len(data) > limits.read_bytes:
        raise too_large(limits)
    octets = _to_utf8(data)
    if len(octets) > limits.bytes:
        raise too_large(limits)
    octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    _refuse_other_things(octets)
    return _without_indent(octets)


def too_large(limits: Limits) -> Refused:
    """Return the refusal of a file beyond `limits.bytes`."""
    size = limits.bytes // (1024 * 1024)
    return Refused(
        _(
            "Ce calendrier dépasse {size} Mo une fois décompressé : rien n’a été changé. "
            "Exportez une période plus courte."
        ).format(size=size),
        "source",
    )


def _gunzip(data: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    room = limit + 1
    try:
        while data.startswith(GZIP) and room > 0:
            member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            piece = member.decompress(data, room)
            pieces.append(piece)
            room -= len(piece)
            if room > 0 and not member.eof:
                raise Refused(
                    _("Ce fichier compressé s’arrête avant sa fin : rien n’a été changé."), "source"
                )
            data = member.unused_data
    except zlib.error as error:
        raise Refused(
            _("Ce fichier compressé est abîmé : rien n’a été changé."), "source"
        ) from error
    return b"".join(pieces)


def _to_utf8(data: bytes) -> bytes:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            data = data[len(mark) :]
            return data if encoding == "utf-8" else _reencode(data, encoding)
    if data[:64].count(0) >= 8:  # "B\0E\0G\0I\0N\0": UTF-16 without its mark
        return _reencode(data, "utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    return data


def _reencode(data: bytes, encoding: str) -> bytes:
    return data.decode(encoding, "replace").encode()


def _refuse_other_things(octets: bytes) -> None:
    if _CALENDAR.search(octets):
        return
    raise Refused(_what_it_is(octets.lstrip(b" \t\n\0\v\f")), "source")


def _what_it_is(octets: bytes) -> str:
    start = octets[:2048]
    if not octets:
        return _("Ce fichier est vide : rien n’a été changé.")
    if _HTML.search(start):
        return _(
            "C’est une page web, pas un calendrier : rien n’a été changé. Cherchez sur la page un "
            "lien « iCal », « .ics » ou « S’abonner », et donnez son adresse."
        )
    if start[:1] in b"{[":
        return _("C’est du JSON, pas un calendrier iCalendar (.ics) : rien n’a été changé.")
    if start.startswith(b"PK\x03\x04"):
        return _(
            "C’est une archive zip : ouvrez-la et donnez le fichier .ics qu’elle contient. "
            "Rien n’a été changé."
        )
    if b"BEGIN:VCARD" in start.upper():
        return _("C’est un carnet d’adresses, pas un calendrier : rien n’a été changé.")
    return _(
        "Ce n’est pas un calendrier iCalendar : aucune ligne « BEGIN:VCALENDAR ». "
        "Rien n’a été changé."
    )


def _without_indent(octets: bytes) -> bytes:
    """Take off the margin of a text pasted from a web page; folds keep their own space."""
    first = _CALENDAR.search(octets)
    if first is None:
        return octets
    margin = first[0][: len(first[0]) - len(first[0].lstrip(b" \t"))]
    if not margin:
        return octets
    return re.sub(rb"^" + re.escape(margin), b"", octets, flags=re.MULTILINE)
