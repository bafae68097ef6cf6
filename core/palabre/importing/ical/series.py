"""The VEVENTs of one UID → the events to store.

A series and its single-date changes become one event. A change whose series isn't in the file is
an event of its own; "this and all later dates" cuts the series in two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from palabre.errors import Refused
from palabre.events.recurrence import MAX_COUNT, check, expand, moved
from palabre.events.rules import parse_rule
from palabre.events.values import (
    Content,
    Override,
    Place,
    Recurrence,
    Start,
    Status,
    When,
)
from palabre.i18n import gettext as _
from palabre.importing.ical import limits
from palabre.importing.ical.draft import Draft, Reader, try_draft
from palabre.importing.ical.model import Entry, ImportedEvent, Note, RawEvent, Reading
from palabre.importing.ical.notes import Notebook
from palabre.importing.ical.recurrence import recurrence, same_kind
from palabre.importing.ical.times import Moment, Unreadable, moment


@dataclass(slots=True)
class _Series:
    """An event being put together from its master and the changes to its dates."""

    entries: list[Entry]
    content: Content
    place: Place | None
    private: bool
    uid: str
    places: list[tuple[Start, Place]] = field(default_factory=list)
    original: Start | None = None

    def finished(self, *, cancels: bool) -> ImportedEvent:
        return ImportedEvent(
            uid=self.uid,
            content=self.content,
            entries=tuple(self.entries),
            place=self.place,
            override_places=tuple(self.places),
            private=self.private,
            cancels=cancels,
            original=self.original,
        )


def read_series(raws: Sequence[RawEvent], reader: Reader, *, cancels: bool = False) -> Reading:
    """Read all the raw events that share a UID.

    Args:
        raws: in the order of the file; at most one without RECURRENCE-ID.
        reader: the clock of their calendar.
        cancels: whether the calendar says METHOD:CANCEL.

    Returns:
        The events, what was assumed, and the entries that could not be read.

    """
    notes: list[Note] = []
    unreadable: list[Entry] = []
    drafts: list[tuple[Draft, Notebook]] = []
    for raw in raws:
        notebook = Notebook(raw.uid, raw.line)
        draft = try_draft(reader, raw, notebook)
        if draft is None:
            unreadable.append(_blank(raw))
            notes += notebook.notes
        else:
            drafts.append((draft, notebook))
    events = [series.finished(cancels=cancels) for series in _assembled(drafts, reader)]
    for _draft, notebook in drafts:
        notes += notebook.notes
    return Reading(tuple(events), tuple(notes), tuple(unreadable))


def _blank(raw: RawEvent) -> Entry:
    return Entry(raw.key, raw.uid, raw.recurrence_id, raw.line, raw.fingerprint)


def _assembled(drafts: Sequence[tuple[Draft, Notebook]], reader: Reader) -> list[_Series]:
    master: _Series | None = None
    whole: list[_Series] = []
    for draft, notes in drafts:
        if not draft.entry.recurrence_id and master is None:
            master = _master(draft, reader, notes)
            whole.append(master)
    for draft, notes in sorted(drafts, key=_change_order):
        if not draft.entry.recurrence_id:
            continue
        if master is None:
            notes.add(_("Date d’une série absente du fichier : prise comme un événement à part."))
            whole.append(_alone(draft, notes, _original(draft, reader)))
        else:
            whole += _changed(master, draft, reader, notes)
    return whole


def _change_order(pair: tuple[Draft, Notebook]) -> tuple[bool, str]:
    """Sort single dates before "this and all later dates", each by date."""
    draft = pair[0]
    return _is_from_then_on(draft), draft.entry.recurrence_id


def _is_from_then_on(draft: Draft) -> bool:
    prop = draft.said.get("RECURRENCE-ID")
    return prop is not None and prop.params.get("RANGE", "").upper() == "THISANDFUTURE"


def _master(draft: Draft, reader: Reader, notes: Notebook) -> _Series:
    repeats, changes = recurrence(draft.found, draft.when, reader.clock, notes)
    content = replace(_content(draft, notes), recurrence=repeats, overrides=changes)
    return _Series(
        [draft.entry], _bearable(content, notes), draft.place, draft.private, draft.entry.uid
    )


def _content(draft: Draft, notes: Notebook) -> Content:
    if not draft.title:
        notes.add(_("Événement sans titre."))
    if draft.private:
        notes.add(_("Événement privé dans sa source : pris comme brouillon, non publié."))
    return Content(
        title=draft.title or _("Sans titre"),
        when=draft.when,
        description=draft.description or "",
        status=draft.status,
        online_url=draft.online_url,
        url=draft.url,
        categories=draft.categories,
        image=draft.image,
        language=draft.language,
    )


def _bearable(content: Content, notes: Notebook) -> Content:
    """Return `content` without a repetition that leaves no date or asks for too much."""
    try:
        if content.recurrence is not None and not expand(content, limit=1):
            notes.add(_("Toutes ses dates sont retirées : gardé comme annulé, à sa première date."))
            return replace(content, recurrence=None, status=Status.CANCELLED)
        check(content)
    except (Refused, OverflowError, ValueError) as error:
        reason = error.message if isinstance(error, Refused) else _("Date hors de portée.")
        told = _("Répétition laissée de côté, la première date est gardée. {reason}")
        notes.add(told.format(reason=reason))
        return replace(content, recurrence=None, overrides=())
    return content


def _alone(draft: Draft, notes: Notebook, original: Start | None = None) -> _Series:
    uid = f"{draft.entry.uid}/{draft.entry.recurrence_id}"
    content = _content(draft, notes)
    return _Series([draft.entry], content, draft.place, draft.private, uid, original=original)


def _original(draft: Draft, reader: Reader) -> Start | None:
    try:
        return _changed_date(draft, reader, Notebook()).value
    except Unreadable:
        return None


def _changed_date(draft: Draft, reader: Reader, notes: Notebook) -> Moment:
    prop = draft.said.get("RECURRENCE-ID")
    if prop is None:
        raise Unreadable(_("Sa ligne RECURRENCE-ID est abîmée."))
    return moment(prop, reader.clock, notes)


def _changed(master: _Series, draft: Draft, reader: Reader, notes: Notebook) -> list[_Series]:
    """Take a change into `master`; return the event that it starts, if it is one of its own."""
    content = master.content
    try:
        point = _changed_date(draft, reader, notes)
    except Unreadable as error:
        notes.add(
            _("Date changée illisible : prise comme un événement à part. {reason}").format(
                reason=error
            )
        )
        return [_alone(draft, notes)]
    original = same_kind(point, content.when)
    if content.recurrence is None and not _same_start(original, content.when.starts):
        notes.add(_("Date d’un événement qui ne se répète pas : prise à part."))
        return [_alone(_inheriting(draft, master), notes)]
    if _is_from_then_on(draft) and not _same_start(original, content.when.starts):
        return _cut_in_two(master, draft, original, reader, notes)
    _override(master, draft, original, notes)
    return []


def _same_start(one: Start, other: Start) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one.astimezone(UTC) == other.astimezone(UTC)
    return one == other


def _inheriting(draft: Draft, master: _Series) -> Draft:
    """Return a change with the words of its series where it has none of its own."""
    content = master.content
    return replace(
        draft,
        title=draft.title or content.title,
        description=content.description if draft.description is None else draft.description,
        place=draft.place or master.place,
        url=draft.url or content.url,
        online_url=draft.online_url or content.online_url,
        categories=draft.categories or content.categories,
        image=draft.image or content.image,
    )


def _override(master: _Series, draft: Draft, original: Start, notes: Notebook) -> None:
    content = master.content
    if content.recurrence is None:  # the only date of the event: the change is the event
        master.content = _content(_inheriting(draft, master), notes)
        master.place = draft.place or master.place
        master.entries.append(draft.entry)
        return
    if len(content.overrides) >= limits.OVERRIDES:
        notes.add(
            _("Plus de {limit} dates changées : celle-ci est laissée de côté.").format(
                limit=limits.OVERRIDES
            )
        )
        master.entries.append(draft.entry)
        return
    cancelled = draft.status is Status.CANCELLED
    change = Override(
        original=original,
        cancelled=cancelled,
        when=_when_changed(draft.when, content.when, original),
        title=draft.title if draft.title and draft.title != content.title else None,
        description=None if draft.description == content.description else draft.description,
        status=None if cancelled or draft.status is content.status else draft.status,
    )
    others = tuple(o for o in content.overrides if not _same_start(o.original, original))
    master.content = replace(content, overrides=(*others, change))
    if draft.place is not None and draft.place != master.place:
        master.places.append((original, draft.place))
    master.entries.append(draft.entry)


def _when_changed(theirs: When, series: When, original: Start) -> When | None:
    """Return the time of a single date where it isn't what the series gives."""
    usual = moved(series, original)
    same_end = (usual.ends is None) == (theirs.ends is None) and (
        usual.ends is None or theirs.ends is None or _same_start(usual.ends, theirs.ends)
    )
    return None if _same_start(usual.starts, theirs.starts) and same_end else theirs


def _cut_in_two(
    master: _Series, draft: Draft, original: Start, reader: Reader, notes: Notebook
) -> list[_Series]:
    """End the series before `original` and start another there (RANGE=THISANDFUTURE)."""
    content = master.content
    if content.recurrence is None:
        return []
    notes.add(_("« Cette date et les suivantes » : la série est coupée en deux événements."))
    before, after = _shared_out(content, content.recurrence, original)
    later = _content(_inheriting(draft, master), notes)
    own, changes = recurrence(draft.found, draft.when, reader.clock, notes)
    shift = _shift(draft.when.starts, original)
    later = replace(
        later,
        recurrence=own or _moved_dates(after, shift),
        overrides=changes
        + tuple(
            replace(o, original=o.original + shift)
            for o in content.overrides
            if not _is_before(o.original, original)
        ),
    )
    master.content = _bearable(
        replace(
            content,
            recurrence=before,
            overrides=tuple(o for o in content.overrides if _is_before(o.original, original)),
        ),
        notes,
    )
    uid = f"{draft.entry.uid}/{draft.entry.recurrence_id}"
    place = draft.place or master.place
    return [_Series([draft.entry], _bearable(later, notes), place, master.private, uid)]


def _shared_out(
    content: Content, repeats: Recurrence, original: Start
) -> tuple[Recurrence, Recurrence]:
    """Return the part of `repeats` before `original` and the part from there on."""
    before, after = "", ""
    if repeats.rule:
        rule = parse_rule(repeats.rule)
        ends = original - (timedelta(seconds=1) if isinstance(original, datetime) else timedelta(1))
        if isinstance(ends, datetime):
            ends = ends.astimezone(UTC)
        before = str(replace(rule, count=None, until=ends))
        after = str(replace(rule, count=_remaining(content, repeats, rule.count, original)))
    dates = [
        Recurrence(
            rule,
            tuple(day for day in repeats.rdates if _is_before(day, original) is early),
            tuple(day for day in repeats.exdates if _is_before(day, original) is early),
        )
        for rule, early in ((before, True), (after, False))
    ]
    return dates[0], dates[1]


def _remaining(
    content: Content, repeats: Recurrence, count: int | None, original: Start
) -> int | None:
    if count is None:
        return None
    plain = replace(content, recurrence=Recurrence(repeats.rule), overrides=())
    dates = expand(plain, limit=MAX_COUNT, years=50)
    past = sum(1 for single in dates if _is_before(single.when.starts, original))
    return max(count - past, 1)


def _is_before(start: Start, original: Start) -> bool:
    if isinstance(start, datetime) and isinstance(original, datetime):
        return start.astimezone(UTC) < original.astimezone(UTC)
    return _day(start) < _day(original)


def _day(start: Start) -> date:
    return start.date() if isinstance(start, datetime) else start


def _shift(starts: Start, original: Start) -> timedelta:
    if isinstance(starts, datetime) and isinstance(original, datetime):
        return starts.replace(tzinfo=None) - original.replace(tzinfo=None)
    return timedelta(days=_day(starts).toordinal() - _day(original).toordinal())


def _moved_dates(repeats: Recurrence, shift: timedelta) -> Recurrence:
    return Recurrence(
        repeats.rule,
        tuple(day + shift for day in repeats.rdates),
        tuple(day + shift for day in repeats.exdates),
    )
