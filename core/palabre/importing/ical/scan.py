"""Decoded octets → calendars and raw events, without reading any value yet.

Only BEGIN and END lines are looked at, so that a file as large as allowed is cut, keyed and
fingerprinted in about a second, and only events that changed since the last import are read.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b

from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.i18n import ngettext
from palabre.importing.ical.limits import DEFAULT, Limits
from palabre.importing.ical.lines import properties, slim
from palabre.importing.ical.model import CalendarFile, CalendarHead, Component, Note, RawEvent
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.text import plain

# Raised when the same octets would be read otherwise than before: then all are read again.
READER_VERSION = b"1"
_HEAD = 262_144  # octets of an event in which its identity is looked for
_MARK = re.compile(
    rb"^(BEGIN|END)[ \t]*:[ \t]*([A-Za-z0-9-]+)[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_EVENT = re.compile(rb"^BEGIN[ \t]*:[ \t]*VEVENT[ \t]*$", re.IGNORECASE | re.MULTILINE)
_STAMP = re.compile(rb"^DTSTAMP[;:].*(?:\n[ \t].*){0,3}\n?", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\n[ \t]")
_IDENTITY = re.compile(
    rb"^(UID|RECURRENCE-ID|DTSTART|SUMMARY|SEQUENCE)(?:;[^:\n]*)?:([^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_OTHERS = {b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"VPOLL", b"VAVAILABILITY"}


@dataclass(slots=True)
class _Open:
    """A component whose END was not met yet; `holes` are the parts inside it."""

    name: bytes
    start: int
    line: int
    holes: list[tuple[int, int]] = field(default_factory=list)
    timezones: list[Component] = field(default_factory=list)


@dataclass(slots=True)
class _Event:
    start: int
    end: int
    line: int
    calendar: int
    holes: list[tuple[int, int]]
    unclosed: bool


class Scanner:
    """Cuts one file; use `scan`."""

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self.octets = octets
        self.limits = limits
        self.stack: list[_Open] = []
        self.events: list[_Event] = []
        self.heads: list[CalendarHead] = []
        self.notes: list[Note] = []
        self.others: Counter[str] = Counter()
        self.line = 1
        self.position = 0
        self.last_end = 0

    def run(self) -> CalendarFile:
        """Walk over the BEGIN and END lines, then key each event."""
        if len(_EVENT.findall(self.octets)) > self.limits.events:
            raise Refused(
                _(
                    "Ce calendrier a plus de {number} événements : rien n’a été changé. "
                    "Exportez une période plus courte."
                ).format(number=self.limits.events),
                "source",
            )
        for mark in _MARK.finditer(self.octets):
            self._count_lines(mark.start())
            name = mark[2].upper()
            if mark[1].upper() == b"BEGIN":
                self._begin(name, mark)
            else:
                self._end(name, mark)
        self._finish()
        return self._file()

    def _count_lines(self, position: int) -> None:
        self.line += self.octets.count(b"\n", self.position, position)
        self.position = position

    def _begin(self, name: bytes, mark: re.Match[bytes]) -> None:
        if name in {b"VEVENT", b"VCALENDAR"}:
            self._close_until(name, mark.start())
        if len(self.stack) >= self.limits.depth:
            raise Refused(
                _(
                    "Ce calendrier imbrique trop de parties : rien n’a été changé (ligne {line})."
                ).format(line=self.line),
                "source",
            )
        if name == b"VEVENT" and not self.stack:
            self._note(_("Événement hors de tout calendrier (BEGIN:VCALENDAR) : pris quand même."))
        self.stack.append(_Open(name, mark.end(), self.line))

    def _close_until(self, name: bytes, position: int) -> None:
        """Close what a new event inside an open one, or a new calendar, shows to be unfinished."""
        names = [part.name for part in self.stack]
        if name in names:
            while self.stack[names.index(name) :]:
                self._close(position, position, forgotten=True)

    def _end(self, name: bytes, mark: re.Match[bytes]) -> None:
        if name not in [part.name for part in self.stack]:
            self._note(_("« END:{name} » sans début : laissé de côté.").format(name=name.decode()))
            return
        while self.stack[-1].name != name:
            self._close(mark.start(), mark.start(), forgotten=True)
        self._close(mark.start(), mark.end(), forgotten=False)

    def _close(self, end: int, after: int, *, forgotten: bool) -> None:
        part = self.stack.pop()
        if forgotten:
            self._note(
                _("« END:{name} » oublié : ajouté.").format(name=part.name.decode()), part.line
            )
        owner = self.stack[-1] if self.stack else None
        if part.name == b"VEVENT" and (owner is None or owner.name == b"VCALENDAR"):
            self.events.append(
                _Event(part.start + 1, end, part.line + 1, len(self.heads), part.holes, forgotten)
            )
        elif part.name == b"VCALENDAR":
            self.heads.append(self._head(part, end))
        elif part.name in _OTHERS:
            self.others[part.name.decode()] += 1
        elif part.name == b"VTIMEZONE" and owner is not None:
            owner.timezones.append(Component(self.octets[part.start + 1 : end], part.line + 1))
        if owner is not None:
            owner.holes.append((part.start - len(b"BEGIN:") - len(part.name), after))
        else:
            self.last_end = after
            if part.name == b"VEVENT":  # an event outside any calendar is a calendar of its own
                self.heads.append(CalendarHead())

    def _head(self, part: _Open, end: int) -> CalendarHead:
        notes = Notebook()
        own = _without(self.octets, part.start + 1, end, part.holes)
        said: dict[str, str] = {}
        for prop in properties(own[:65536], part.line + 1, notes):
            said.setdefault(prop.name, plain(prop.value))
        return CalendarHead(
            name=said.get("X-WR-CALNAME", "") or said.get("NAME", ""),
            product=said.get("PRODID", ""),
            method=said.get("METHOD", "").upper(),
            zone=said.get("X-WR-TIMEZONE", ""),
            timezones=tuple(part.timezones),
        )

    def _finish(self) -> None:
        if self.stack:
            self._count_lines(len(self.octets))
            raise Refused(
                _(
                    "Ce calendrier s’arrête avant sa fin (ligne {line}, sans « END:{name} ») : rien "
                    "n’a été changé. Téléchargez-le à nouveau."
                ).format(line=self.line, name=self.stack[0].name.decode()),
                "source",
            )
        if self.octets[self.last_end :].strip(b" \t\n\0\x1a"):
            self._note(_("Du texte suit la fin du calendrier : laissé de côté."))
        for name, number in sorted(self.others.items()):
            self.notes.append(Note(0, "", _skipped(name, number)))

    def _note(self, message: str, line: int | None = None) -> None:
        if len(self.notes) < 1000:
            self.notes.append(Note(self.line if line is None else line, "", message))

    def _file(self) -> CalendarFile:
        salts = [_salt(head) for head in self.heads]
        events = tuple(self._raw(event, salts) for event in self.events)
        return CalendarFile(tuple(self.heads), events, tuple(self.notes), sum(self.others.values()))

    def _raw(self, event: _Event, salts: list[bytes]) -> RawEvent:
        octets = slim(_without(self.octets, event.start, event.end, event.holes), self.limits)
        uid, recurrence_id, key, sequence = identity(octets)
        digest = blake2b(_STAMP.sub(b"", octets), digest_size=16, salt=salts[event.calendar])
        return RawEvent(
            uid=uid,
            recurrence_id=recurrence_id,
            key=key,
            line=event.line,
            fingerprint=digest.digest(),
            octets=octets,
            calendar=event.calendar,
            sequence=sequence,
            unclosed=event.unclosed,
        )


def scan(octets: bytes, limits: Limits = DEFAULT) -> CalendarFile:
    """Cut decoded `octets` (see `decode`) into calendars and raw events.

    Raises:
        Refused: truncated (an END is missing at the end of the file), too many events, too deep.

    """
    return Scanner(octets, limits).run()


def identity(octets: bytes) -> tuple[str, str, str, int]:
    """Return (UID, RECURRENCE-ID, key, SEQUENCE) of a raw event, reading nothing else of it."""
    said: dict[bytes, bytes] = {}
    for name, value in _IDENTITY.findall(_FOLD.sub(b"", octets[:_HEAD])):
        said.setdefault(name.upper(), value.strip())
    uid = plain(said.get(b"UID", b"").decode("utf-8", "replace"))[:1000]
    recurrence_id = plain(said.get(b"RECURRENCE-ID", b"").decode("ascii", "replace")).upper()[:64]
    if uid:
        key = f"{uid}\n{recurrence_id}"
    else:
        title = " ".join(said.get(b"SUMMARY", b"").decode("utf-8", "replace").casefold().split())
        start = plain(said.get(b"DTSTART", b"").decode("ascii", "replace"))
        key = f"\n{start}\n{blake2b(title.encode(), digest_size=16).hexdigest()}"
    number = said.get(b"SEQUENCE", b"")[:9]
    sequence = int(number) if number.isdigit() else 0
    return uid, recurrence_id, key if len(key) <= 300 else _short(key), sequence


def _short(key: str) -> str:
    return blake2b(key.encode()).hexdigest()


def _without(octets: bytes, start: int, end: int, holes: list[tuple[int, int]]) -> bytes:
    """Return octets[start:end] with the holes blanked out, line numbers kept."""
    if not holes:
        return octets[start:end]
    pieces: list[bytes] = []
    for hole_start, hole_end in holes:
        pieces.append(octets[start:hole_start])
        pieces.append(b"\n" * octets.count(b"\n", hole_start, hole_end))
        start = hole_end
    pieces.append(octets[start:end])
    return b"".join(pieces)


def _salt(head: CalendarHead) -> bytes:
    """Hash what decides the meaning of an event besides its own lines."""
    digest = blake2b(READER_VERSION, digest_size=16)
    for text in (head.method, head.zone):
        digest.update(text.encode() + b"\0")
    for zone in head.timezones:
        digest.update(zone.octets)
    return digest.digest()


def _skipped(name: str, number: int) -> str:
    words = {
        "VTODO": ngettext("{number} tâche", "{number} tâches", number),
        "VJOURNAL": ngettext("{number} note de journal", "{number} notes de journal", number),
        "VFREEBUSY": ngettext(
            "{number} plage d’occupation", "{number} plages d’occupation", number
        ),
    }.get(name, "{number} « " + name + " »")
    return _("Laissé de côté, car ce ne sont pas des événements : {what}.").format(
        what=words.format(number=number)
    )
