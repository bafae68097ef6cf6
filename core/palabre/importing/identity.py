"""Which event a VEVENT is: by its key in this source, in another one of the organisation, or by content.

The key is UID and RECURRENCE-ID (or a hash of start and title). A source whose UIDs change at each
export is recognised, and its events by their start and title.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from palabre.database.connection import Connection
from palabre.events.domain.rows import content_json
from palabre.events.values import Content
from palabre.importing import sources
from palabre.importing.ical.calendar import Group
from palabre.importing.ical.model import Entry, ImportedEvent, RawEvent
from palabre.importing.sources import Foreign, Known, Link

_CHANGING = 0.5  # the share of new keys from which UIDs are held to change at each export
_SAME = 0.5  # the share of keys from which two sources are held to be one calendar
_ENOUGH = 3  # events that a calendar needs for that share to mean something


@dataclass(frozen=True, slots=True)
class Match:
    """The event that a VEVENT already is here, if any.

    `certain` is False where only another source's UID says so, and the contents must agree.
    `single_date` tells that it changes one date of the event; `deleted` that somebody deleted it
    here; `versions` are the rows met before, to compare their age.
    """

    event_id: UUID | None = None
    certain: bool = True
    single_date: bool = False
    deleted: bool = False
    versions: tuple[Known, ...] = ()

    def is_older(self, entries: Iterable[Entry]) -> bool:
        """Whether any of `entries` goes back behind what was imported before (RFC 5545 3.8.7.4)."""
        known = {row.key: row for row in self.versions}
        return any(_goes_back(entry, known[entry.key]) for entry in entries if entry.key in known)


def _goes_back(entry: Entry, row: Known) -> bool:
    if entry.sequence != row.sequence:
        return entry.sequence < row.sequence
    return bool(entry.modified and row.modified and entry.modified < row.modified)


class Identities:
    """What is known of one source's VEVENTs, beside those of the file."""

    def __init__(
        self,
        raws: Mapping[str, RawEvent],
        own: dict[str, Known],
        elsewhere: dict[str, Known],
        by_content: dict[tuple[str, str], list[str]],
    ) -> None:
        self.own = own
        self.elsewhere = elsewhere
        self.present = set(raws)
        self.adopted: list[Link] = []
        self._by_content = by_content
        self.uids_change = bool(by_content)
        self._replaced: set[str] = set()
        self._family: dict[str, set[str]] = defaultdict(set)
        for row in own.values():
            if not row.missing:
                self._family[_uid(row.key)].add(row.key)

    @classmethod
    async def of(
        cls,
        connection: Connection,
        source_id: UUID,
        raws: Mapping[str, RawEvent],
        *,
        scheduling: bool,
    ) -> "Identities":
        """Ask the database, in at most three queries for any number of events.

        Args:
            connection: inside the import's transaction.
            source_id: the source.
            raws: its VEVENTs by key.
            scheduling: whether the calendar speaks of events that were sent before.

        """
        own = await sources.known_here(connection, source_id)
        present = set(raws)
        new = [key for key in present if key not in own]
        series = {f"{raw.uid}\n" for raw in raws.values() if raw.uid and raw.recurrence_id}
        asked = [*new, *(series - present - own.keys())]
        found = await sources.known_elsewhere(connection, source_id, asked)
        elsewhere = _trusted(raws, found, scheduling=scheduling)
        absent = {key: row for key, row in own.items() if key not in present and row.leads}
        by_content: dict[tuple[str, str], list[str]] = {}
        if absent and len(new) > _CHANGING * len(present):
            by_content = await _index(connection, absent)
        return cls(raws, own, elsewhere, by_content)

    def unchanged(self, group: Group) -> bool:
        """Whether a group says, byte for byte, what it said at the last import."""
        if all(self._same(self.own.get(raw.key), raw.fingerprint) for raw in group):
            keys = {raw.key for raw in group}
            return not (self._family[_uid(group[0].key)] - keys - self.present)
        rows = [self.elsewhere.get(raw.key) for raw in group]
        if not all(self._same(row, raw.fingerprint) for row, raw in zip(rows, group, strict=True)):
            return False
        self.adopted += [
            Link(row.key, row.event_id, row.leads, row.fingerprint, row.sequence, row.modified)
            for row in rows
            if row is not None and row.event_id is not None
        ]
        return True

    @staticmethod
    def _same(row: Known | None, fingerprint: bytes) -> bool:
        return row is not None and row.fingerprint == fingerprint

    def match(self, item: ImportedEvent, content: Content) -> Match:
        """Return which event `item` is; `content` is what it says, cleaned."""
        first = item.entries[0]
        versions = tuple(row for entry in item.entries if (row := self.row(entry.key)))
        series = self._series_of(item)
        if series is not None:
            return Match(series, single_date=True, versions=versions)
        row = self.row(first.key)
        if row is not None and (row.leads or not first.recurrence_id):
            own = first.key in self.own
            return Match(row.event_id, own, deleted=row.event_id is None, versions=versions)
        renamed = self._renamed(content) if row is None else None
        if renamed is not None:
            return Match(renamed.event_id, deleted=renamed.event_id is None)
        return Match()

    def row(self, key: str) -> Known | None:
        """Return what is known of a key, from this source or else from another."""
        return self.own.get(key) or self.elsewhere.get(key)

    def is_news(self, entry: Entry) -> bool:
        """Whether a VEVENT says something else than it said before."""
        return not self._same(self.row(entry.key), entry.fingerprint)

    def _series_of(self, item: ImportedEvent) -> UUID | None:
        """Return the known series of which `item` is one date, when the file doesn't hold it."""
        first = item.entries[0]
        if not first.recurrence_id or not first.uid:
            return None
        master = f"{first.uid}\n"
        if master in self.present:
            return None
        own = self.row(first.key)
        if own is not None and own.leads:
            return None  # it came without its series before, and is an event of its own
        row = self.row(master)
        return row.event_id if row is not None else None

    def _renamed(self, content: Content) -> Known | None:
        keys = self._by_content and self._by_content.get(_face(content_json(content)))
        if not keys:
            return None
        key = keys.pop(0)
        self._replaced.add(key)
        return self.own[key]

    def replaced(self) -> list[str]:
        """Return the keys to forget: replaced by others, or single dates that went back to normal."""
        back_to_normal = {
            key
            for key, row in self.own.items()
            if key not in self.present and not row.leads and f"{_uid(key)}\n" in self.present
        }
        return sorted(self._replaced | back_to_normal)

    def absent(self) -> tuple[list[str], list[str]]:
        """Return the keys that the file holds no more, and those that it holds again."""
        forgotten = set(self.replaced())
        gone = [key for key in self.own if key not in self.present and key not in forgotten]
        back = [key for key, row in self.own.items() if row.missing and key in self.present]
        return gone, back


def same_event(base: dict[str, object], content: Content) -> bool:
    """Whether an event of another source and `content`, of the same UID, share title or start."""
    theirs, ours = _face(base), _face(content_json(content))
    return theirs[0] == ours[0] or theirs[1] == ours[1]


def _trusted(
    raws: Mapping[str, RawEvent], found: Mapping[str, Foreign], *, scheduling: bool
) -> dict[str, Known]:
    """Choose the VEVENTs of other sources that are held to be the same event.

    A UID alone proves little: programs copy them, and so do people. Another source is the same
    calendar under another name when it bears that calendar's name, or holds most of its events;
    a single event is the same when it says the same, is a later version, or is about scheduling.
    """
    shared = Counter(each.source_id for each in found.values())
    many = {source for source, number in shared.items() if number > _SAME * len(raws)}
    whole = many if len(raws) >= _ENOUGH else set()
    return {
        key: each.row
        for key, each in found.items()
        if each.same_name
        or each.source_id in whole
        or scheduling
        or _later(raws.get(key), each.row)
    }


def _later(raw: RawEvent | None, row: Known) -> bool:
    if raw is None:
        return False
    return raw.fingerprint == row.fingerprint or raw.sequence > row.sequence


async def _index(
    connection: Connection, rows: dict[str, Known]
) -> dict[tuple[str, str], list[str]]:
    contents = await sources.imported_contents(
        connection, [row.event_id for row in rows.values() if row.event_id]
    )
    index: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, row in rows.items():
        if row.event_id in contents:
            index[_face(contents[row.event_id])].append(key)
    return dict(index)


def _face(row: dict[str, object]) -> tuple[str, str]:
    """Return start and title, as they are compared."""
    start = row.get("starts_at") or row.get("starts_on")
    return str(start), " ".join(str(row.get("title", "")).casefold().split())


def _uid(key: str) -> str:
    return key.partition("\n")[0] or key


def links(item: ImportedEvent, event_id: UUID, *, single_date: bool) -> list[Link]:
    """Return what to remember of the VEVENTs that went into an event; the first one leads it."""
    return [
        Link(
            entry.key,
            event_id,
            not single_date and entry is item.entries[0],
            entry.fingerprint,
            entry.sequence,
            entry.modified,
        )
        for entry in item.entries
    ]
