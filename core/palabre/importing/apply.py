"""A calendar's bytes → the organisation's events: the whole way, in transactions.

    cut ──► known? ──► read what changed ──► same event? ──► merge ──► save, remember

A calendar of up to `ONE_TRANSACTION` events is stored as a whole or not at all. A longer one goes
in shares, each whole: whoever kills it leaves complete events behind, and the next import goes on
where it stopped. Nothing is ever withdrawn because a source doesn't hold it any more.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from palabre.database.connection import transaction
from palabre.errors import Denied, Refused
from palabre.i18n import gettext as _
from palabre.importing import sources
from palabre.importing.ical.calendar import Group, Groups, grouped, open_calendar
from palabre.importing.ical.limits import ADDRESS, DEFAULT, Limits
from palabre.importing.ical.model import CalendarFile, CalendarHead, Note
from palabre.importing.ical.text import clean
from palabre.importing.identity import Identities
from palabre.importing.origin import Freshness
from palabre.importing.report import Report, refused
from palabre.importing.storing import Store
from palabre.importing.workers import read_shares
from palabre.organisations.merged import hold, refuse_merged
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can

_SCHEDULING = frozenset({"REQUEST", "CANCEL"})
ONE_TRANSACTION = 2_000  # events stored as a whole
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to import, where, and how.

    `location` names the source: the next import from the same one finds its events again. Without
    one, as for pasted text, the calendar's own name does. `zone`
    is for times that name none. `repair` mends text that was encoded twice.
    """

    organisation_id: UUID
    location: str
    data: bytes
    zone: str = "Europe/Paris"
    dry_run: bool = False
    repair: bool = False
    freshness: Freshness = field(default_factory=Freshness)
    limits: Limits = DEFAULT

    def holding(self, data: bytes, fresh: Freshness | None = None) -> "Order":
        """Return the same order for these bytes."""
        return replace(self, data=data, freshness=fresh or self.freshness)


class _DryRunOver(Exception):
    """Raised to undo everything that a dry run did."""


async def import_calendar(
    actor: Actor, order: Order, progress: Progress = lambda _done, _all: None
) -> Report:
    """Import a calendar into an organisation.

    Args:
        actor: who imports; what they may not publish comes in as submitted.
        order: what, and how.
        progress: called with (events done, events in all).

    Returns:
        What was done. A calendar that can't be taken gives a report with `errors`.

    Raises:
        Denied: the actor may not import for this organisation.

    """
    organisation = await Organisation.get(id=order.organisation_id).select_related("merged_into")
    if not can(actor, "organisation.import", organisation):
        raise Denied(_("Vous n’avez pas le droit d’importer pour cette organisation."))
    try:
        refuse_merged(organisation)
        file, groups = await asyncio.to_thread(_cut, order)
        run = _Run(actor, organisation, order, file, groups, progress)
        return await run.report()
    except Refused as refusal:
        return refused(refusal)


def _cut(order: Order) -> tuple[CalendarFile, Groups]:
    file = open_calendar(order.data, order.limits)
    return file, grouped(file, order.limits)


class _Run:
    """One import under way."""

    def __init__(
        self,
        actor: Actor,
        organisation: Organisation,
        order: Order,
        file: CalendarFile,
        groups: Groups,
        progress: Progress,
    ) -> None:
        self.actor = actor
        self.organisation = organisation
        self.order = order
        self.file = file
        self.groups = groups
        self.progress = progress
        self.result = Report(dry_run=order.dry_run)
        self.total = sum(len(group) for group in groups.groups)
        self.done = 0

    async def report(self) -> Report:
        """Do it, and say what was done."""
        self.result.warn((*self.file.notes, *self.groups.notes))
        self.result.skipped += self.file.skipped + len(self.groups.left_out)
        if not self.file.events:
            self.result.warn([Note(0, "", _("Ce calendrier ne contient aucun événement."))])
        with suppress(_DryRunOver):
            async with self._whole():
                await self._import()
        return self.result

    @asynccontextmanager
    async def _whole(self) -> AsyncIterator[None]:
        """One transaction around everything where that is reasonable, or must leave nothing."""
        if self.order.dry_run or self.total <= ONE_TRANSACTION:
            async with transaction():
                yield
                self._undo_dry_run()
        else:
            yield

    def _undo_dry_run(self) -> None:
        if self.order.dry_run:
            raise _DryRunOver

    async def _import(self) -> None:
        head = self.file.heads[0] if self.file.heads else CalendarHead()
        async with transaction() as connection:
            await hold(connection, [self.organisation.id])
            source_id, number = await sources.begin(
                connection, self.organisation.id, _location(self.order, head), head
            )
            identities = await Identities.of(
                connection, source_id, self.groups.by_key(), scheduling=self._scheduling
            )
            if identities.uids_change:
                self.result.warn(
                    [
                        Note(
                            0,
                            "",
                            _(
                                "Les UID de cette source changent : ses événements sont reconnus à leur date et à leur titre."
                            ),
                        )
                    ]
                )
            changed = self._set_unchanged_aside(identities)
            if identities.adopted:
                await sources.remember(connection, source_id, identities.adopted)
        store = Store(self.actor, self.organisation, source_id, identities, self.result)
        readings = read_shares(self.file.heads, changed, self.order.zone, repair=self.order.repair)
        async for reading in readings:
            async with transaction() as connection:
                await hold(connection, [self.organisation.id])
                await sources.still_ours(connection, source_id, number)
                await store.take(connection, reading)
            self._advance(sum(len(e.entries) for e in reading.events) + len(reading.unreadable))
        async with transaction() as connection:
            await hold(connection, [self.organisation.id])
            await sources.still_ours(connection, source_id, number)
            await store.close(connection)
            await sources.finish(connection, source_id, self.order.freshness)

    @property
    def _scheduling(self) -> bool:
        """Whether the calendar speaks of events that were sent before (RFC 5546)."""
        return any(head.method in _SCHEDULING for head in self.file.heads)

    def _set_unchanged_aside(self, identities: Identities) -> list[Group]:
        """Return the groups to read; those that say what they said last time are only counted."""
        changed = []
        for group in self.groups.groups:
            if identities.unchanged(group):
                self.result.unchanged += len(group)
                self.done += len(group)
            else:
                changed.append(group)
        self._advance(0)
        return changed

    def _advance(self, number: int) -> None:
        self.done += number
        self.progress(min(self.done, self.total), self.total)


def _location(order: Order, head: CalendarHead) -> str:
    location = clean(order.location) or f"text:{head.name or head.product}"
    return location if len(location.encode()) <= ADDRESS else f"{location[:400]}…"
