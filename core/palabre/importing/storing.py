"""The events of one source, stored: merged with what people changed, saved, remembered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from palabre.database.connection import Connection
from palabre.errors import Denied, NotFound, Refused
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.rows import content_from_json, content_json
from palabre.events.domain.saving import Change, Saved, save_many
from palabre.events.domain.validation import clean
from palabre.events.domain.venues import find_or_create
from palabre.events.models import Event
from palabre.events.recurrence import moved
from palabre.events.values import Content, Override, Publication, Start, Status
from palabre.i18n import gettext as _
from palabre.importing import sources
from palabre.importing.ical import limits
from palabre.importing.ical.model import Entry, ImportedEvent, Note, Reading
from palabre.importing.identity import Identities, Match, links, same_event
from palabre.importing.merging import merged
from palabre.importing.report import Report
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can

Row = dict[str, Any]
_MAX_SEQUENCE = 2**31 - 2


@dataclass(frozen=True, slots=True)
class Plan:
    """An event to save: `content` is what it will say, `said` what the source says of it.

    None for `said` means the same as what will be stored, as for every new event.
    """

    item: ImportedEvent
    content: Content
    said: Row | None
    before: Event | None = None
    single_date: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """Takes the readings of one import, share by share, and counts."""

    actor: Actor
    organisation: Organisation
    source_id: UUID
    identities: Identities
    result: Report

    async def take(self, connection: Connection, reading: Reading) -> None:
        """Store the events of a reading."""
        # An import keeps these from its first share to its end: taken in one order by all, or two
        # imports wait for each other for ever. `find_or_create` and `save_many` ask for them, too.
        for job in ("name venues", "name events"):
            await connection.one_at_a_time(job)
        self.result.warn(reading.notes)
        self.result.skipped += len(reading.unreadable)
        plans = await self._plans(connection, reading.events)
        found: list[sources.Link] = []
        contents: dict[UUID, Row] = {}
        for plan, saved in zip(plans, await self._save(plans), strict=True):
            if saved is not None:
                self._count(plan, saved)
                found += links(plan.item, saved.event_id, single_date=plan.single_date)
                contents[saved.event_id] = plan.said or saved.said or content_json(plan.content)
        if found:
            await sources.remember(connection, self.source_id, found)
            await sources.remember_contents(connection, contents)

    async def close(self, connection: Connection) -> None:
        """Remember what the source holds no more; nothing is withdrawn for it."""
        known = self.identities
        await sources.forget(connection, self.source_id, known.replaced())
        gone, back = known.absent()
        await sources.note_missing(connection, self.source_id, gone, back)
        self.result.kept += sum(
            1 for key in gone if known.own[key].leads and known.own[key].event_id
        )

    async def _plans(self, connection: Connection, items: Sequence[ImportedEvent]) -> list[Plan]:
        contents = await _with_venues(items)
        pairs = list(zip(items, contents, strict=True))
        matches = [self.identities.match(item, content) for item, content in pairs]
        ids = [match.event_id for match in matches if match.event_id is not None]
        events: dict[UUID, Event] = {}
        bases: dict[UUID, Row] = {}
        if ids:
            events = {event.id: event for event in await Event.filter(id__in=ids)}
            bases = await sources.imported_contents(connection, ids)
        plans = []
        for (item, content), match in zip(pairs, matches, strict=True):
            event = events.get(match.event_id) if match.event_id else None
            base = bases.get(event.id) if event else None
            try:
                plan = self._plan(item, content, match, event, base)
            except Refused as refusal:
                self._leave_out(item, refusal.message)
                continue
            if plan is not None:
                plans.append(plan)
        return plans

    def _plan(
        self,
        item: ImportedEvent,
        content: Content,
        match: Match,
        event: Event | None,
        base: Row | None,
    ) -> Plan | None:
        """Decide what to save for one event; None, counted and noted, where there is nothing to."""
        if match.deleted:
            self._leave_out(item, _("Supprimé ici depuis le dernier import : pas repris."))
            return None
        if event is not None and not match.certain and base and not same_event(base, content):
            event = None  # another event that happens to have the same UID
        if event is not None and match.single_date and not (event.rrule or event.rdates):
            event = None  # it does not repeat, so it has no single dates
        if event is None:
            if item.cancels:
                self._leave_out(item, _("Annulation d’un événement inconnu ici."))
                return None
            return Plan(item, content, None)
        content = clean(content)
        if match.is_older(item.entries):
            self.result.unchanged += len(item.entries)
            self._note(item, _("Version plus ancienne que celle d’ici : laissée de côté."))
            return None
        mine = content_of_event(event)
        if match.single_date or item.cancels:
            return _partial(Plan(item, mine, None, event, match.single_date), base, content)
        return self._merge(item, content, event, base)

    def _merge(self, item: ImportedEvent, content: Content, event: Event, base: Row | None) -> Plan:
        mine, theirs = content_json(content_of_event(event)), content_json(content)
        result, kept = merged(base or mine, mine, theirs)
        if kept:
            told = _("Corrigé ici, gardé tel quel : {fields}.").format(fields=", ".join(kept))
            self._note(item, told)
        return Plan(item, content_from_json(result), theirs, event)

    async def _save(self, plans: Sequence[Plan]) -> list[Saved | None]:
        """Save all together; where something is refused, by halves, to leave out only that."""
        if not plans:
            return []
        try:
            return list(await save_many(self.actor, [self._change(plan) for plan in plans]))
        except (Refused, Denied, NotFound) as refusal:
            if len(plans) == 1:
                self._leave_out(plans[0].item, refusal.message)
                return [None]
        half = len(plans) // 2
        return [*await self._save(plans[:half]), *await self._save(plans[half:])]

    def _change(self, plan: Plan) -> Change:
        uid, before = plan.item.uid, plan.before
        return Change(
            content=plan.content,
            organisation_id=before.organisation_id if before else self.organisation.id,
            event_id=before.id if before else None,
            publication=None if before else self._publication(plan.item),
            uid=uid if 0 < len(uid.encode()) <= limits.UID else None,
            sequence=min(plan.item.entries[0].sequence, _MAX_SEQUENCE),
            action="imported",
        )

    def _publication(self, item: ImportedEvent) -> Publication:
        if item.private:
            return Publication.DRAFT
        if can(self.actor, "event.publish", self.organisation):
            return Publication.PUBLISHED
        return Publication.SUBMITTED

    def _count(self, plan: Plan, saved: Saved) -> None:
        entries = plan.item.entries
        if plan.before is None:
            self.result.created += len(entries)
            return
        news = 0
        if saved.changed:
            news = max(1, sum(1 for entry in entries if self.identities.is_news(entry)))
        self.result.unchanged += len(entries) - news
        if _became_cancelled(plan.before, plan.content):
            self.result.cancelled += news
        else:
            self.result.updated += news

    def _leave_out(self, item: ImportedEvent, reason: str) -> None:
        self.result.skipped += len(item.entries)
        self._note(item, reason)

    def _note(self, item: ImportedEvent, message: str) -> None:
        first: Entry = item.entries[0]
        self.result.warn([Note(first.line, first.uid, message)])


async def _with_venues(items: Sequence[ImportedEvent]) -> list[Content]:
    """Return the contents with the venues of their places, found or made in a few queries."""
    places = [
        place
        for item in items
        for place in (item.place, *(place for _original, place in item.override_places))
        if place is not None
    ]
    different = list(dict.fromkeys(places))
    ids = dict(zip(different, await find_or_create(different), strict=True))
    contents = []
    for item in items:
        elsewhere = {_instant(original): ids[place] for original, place in item.override_places}
        overrides = tuple(
            replace(override, venue_id=elsewhere.get(_instant(override.original)))
            for override in item.content.overrides
        )
        venue_id = ids[item.place] if item.place is not None else None
        contents.append(replace(item.content, venue_id=venue_id, overrides=overrides))
    return contents


def _instant(start: Start) -> Start:
    return start.astimezone(UTC) if isinstance(start, datetime) else start


def _partial(plan: Plan, base: Row | None, content: Content) -> Plan:
    """Change one date of a known series, or cancel what a calendar of METHOD:CANCEL names."""
    said = base or content_json(plan.content)
    if not plan.single_date:
        cancelled = replace(plan.content, status=Status.CANCELLED)
        return replace(plan, content=cancelled, said=said | {"status": Status.CANCELLED.value})
    changed = _with_date(plan, content)
    rows = content_json(changed)["overrides"]
    known = {row["original"]: row for row in said.get("overrides", ())}
    before = {row["original"]: row for row in content_json(plan.content)["overrides"]}
    known |= {row["original"]: row for row in rows if before.get(row["original"]) != row}
    dates = [known[original] for original in sorted(known)]
    return replace(plan, content=changed, said=said | {"overrides": dates})


def _with_date(plan: Plan, content: Content) -> Content:
    mine, original = plan.content, plan.item.original
    if original is None or mine.recurrence is None:
        return mine
    cancelled = plan.item.cancels or content.status is Status.CANCELLED
    usual = moved(mine.when, original)
    override = Override(
        original=original,
        cancelled=cancelled,
        when=None if usual == content.when else content.when,
        title=content.title if content.title != mine.title else None,
        description=content.description if content.description != mine.description else None,
        venue_id=content.venue_id if content.venue_id != mine.venue_id else None,
    )
    others = [o for o in mine.overrides if _instant(o.original) != _instant(original)]
    return clean(replace(mine, overrides=(*others, override)))


def _became_cancelled(before: Event, content: Content) -> bool:
    if content.status is Status.CANCELLED:
        return before.status != Status.CANCELLED
    return _cancelled_dates(content.overrides) > _cancelled_dates(
        content_of_event(before).overrides
    )


def _cancelled_dates(overrides: Iterable[Override]) -> int:
    return sum(1 for override in overrides if override.cancelled)
