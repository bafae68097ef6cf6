"""The door of the reader: bytes → a file cut into raw events → the events to store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from palabre.i18n import gettext as _
from palabre.importing.ical.decode import decode
from palabre.importing.ical.draft import Reader
from palabre.importing.ical.limits import DEFAULT, Limits
from palabre.importing.ical.lines import lines_of
from palabre.importing.ical.model import CalendarFile, CalendarHead, Entry, Note, RawEvent, Reading
from palabre.importing.ical.scan import scan
from palabre.importing.ical.series import read_series
from palabre.importing.ical.times import Clock
from palabre.importing.ical.zones import Zones, iana

Group = tuple[RawEvent, ...]
log = structlog.get_logger()


@dataclass(slots=True)
class Groups:
    """The raw events of a file by UID; `left_out` are there twice, or too large to be an event."""

    groups: list[Group] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    left_out: list[RawEvent] = field(default_factory=list)

    def by_key(self) -> dict[str, RawEvent]:
        """Return the raw events by key; those left out only where no other has their key."""
        left = {raw.key: raw for raw in self.left_out}
        return left | {raw.key: raw for group in self.groups for raw in group}


def open_calendar(data: bytes, limits: Limits = DEFAULT) -> CalendarFile:
    """Return `data` cut into raw events, nothing read yet.

    Raises:
        Refused: not a calendar, truncated, too large, too many events; the message says which.

    """
    return scan(decode(data, limits), limits)


def grouped(file: CalendarFile, limits: Limits = DEFAULT) -> Groups:
    """Return the raw events that belong together.

    The same UID twice is one event where the contents are the same, two where they aren't; of a
    single date given twice, the last one counts.
    """
    result = Groups()
    kept: dict[str, RawEvent] = {}
    for raw in file.events:
        if _oversized(raw.octets, limits):
            result.notes.append(Note(raw.line, raw.uid, _("Événement démesuré : laissé de côté.")))
            result.left_out.append(raw)
        else:
            _keep(raw, kept, result)
    by_uid: dict[tuple[bool, str], list[RawEvent]] = {}
    for key, raw in kept.items():
        alone = not raw.uid or "\n#" in key
        cancels = file.heads[raw.calendar].method == "CANCEL"
        by_uid.setdefault((cancels, key if alone else "\t" + raw.uid), []).append(raw)
    result.groups = [tuple(group) for group in by_uid.values()]
    return result


def _oversized(octets: bytes, limits: Limits) -> bool:
    if len(octets) <= limits.properties:  # fewer octets than lines are allowed
        return False
    return len(octets) > limits.event_bytes or lines_of(octets) > limits.properties


def _keep(raw: RawEvent, kept: dict[str, RawEvent], result: Groups) -> None:
    twin = kept.get(raw.key)
    if twin is None:
        kept[raw.key] = raw
    elif twin.fingerprint == raw.fingerprint:
        result.notes.append(Note(raw.line, raw.uid, _("Même événement deux fois : pris une fois.")))
        result.left_out.append(raw)
    elif raw.recurrence_id:
        told = _("Même date d’une série deux fois : la dernière est suivie.")
        result.notes.append(Note(raw.line, raw.uid, told))
        result.left_out.append(twin)
        kept[raw.key] = raw
    else:
        _keep_apart(raw, kept, result)


def _keep_apart(raw: RawEvent, kept: dict[str, RawEvent], result: Groups) -> None:
    """Give an event whose UID is taken a key of its own, by its place among its namesakes."""
    number = 2
    while (key := f"{raw.key}\n#{number}") in kept:
        if kept[key].fingerprint == raw.fingerprint:
            told = _("Même événement deux fois : pris une fois.")
            result.notes.append(Note(raw.line, raw.uid, told))
            result.left_out.append(raw)
            return
        number += 1
    told = _("Même UID qu’un autre événement, autre contenu : pris comme un événement à part.")
    result.notes.append(Note(raw.line, raw.uid, told))
    kept[key] = replace(raw, key=key)


def read_groups(
    heads: Sequence[CalendarHead],
    groups: Iterable[Group],
    default_zone: str,
    *,
    repair: bool = False,
) -> Reading:
    """Read groups of raw events; what a worker process does with its share of a file.

    Args:
        heads: those of the file, whose zones the events name.
        groups: from `grouped`.
        default_zone: the IANA zone of times that name none, where the calendar names none either.
        repair: whether to mend text that was encoded twice.

    """
    readers = [Reader(_clock(head, default_zone), repair) for head in heads]
    readings = [_read(group, readers, heads) for group in groups]
    return Reading(
        tuple(event for reading in readings for event in reading.events),
        tuple(note for reading in readings for note in reading.notes),
        tuple(entry for reading in readings for entry in reading.unreadable),
    )


def _read(group: Group, readers: Sequence[Reader], heads: Sequence[CalendarHead]) -> Reading:
    """Read one group; a mistake of ours costs that event, and is written to the log."""
    number = group[0].calendar
    try:
        return read_series(group, readers[number], cancels=heads[number].method == "CANCEL")
    except Exception:
        log.exception("an event could not be read", line=group[0].line)
    told = _("Événement laissé de côté : Palabre n’a pas su le lire ; c’est noté au journal.")
    blank = tuple(Entry(r.key, r.uid, r.recurrence_id, r.line, r.fingerprint) for r in group)
    return Reading((), (Note(group[0].line, group[0].uid, told),), blank)


def _clock(head: CalendarHead, default_zone: str) -> Clock:
    said = iana(head.zone) if head.zone else None
    return Clock(Zones.of(head.timezones, said or default_zone), said=said is not None)


def read_all(data: bytes, default_zone: str = "Europe/Paris", limits: Limits = DEFAULT) -> Reading:
    """Read a whole calendar in this process; raises what `open_calendar` raises."""
    file = open_calendar(data, limits)
    groups = grouped(file, limits)
    reading = read_groups(file.heads, groups.groups, default_zone)
    return replace(reading, notes=(*file.notes, *groups.notes, *reading.notes))
