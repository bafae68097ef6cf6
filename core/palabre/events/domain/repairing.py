"""Asking plugins again about events: their part failed, they were paused, enabled or disabled."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from palabre import plugins
from palabre.database.connection import Connection, transaction
from palabre.errors import NotFound, PalabreError
from palabre.events.domain import extending
from palabre.events.domain.derived import BATCH, rebuild, touch_events
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.rows import content_of
from palabre.events.domain.saving import Change, Saved, save_event
from palabre.events.extras import checked
from palabre.events.models import Event
from palabre.events.values import Extra
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor, can

EVERY = 5.0  # seconds between two looks at what is due
FIRST_RETRY, LAST_RETRY = 10.0, 3600.0  # seconds; doubled from one to the other

_TAKE = """
DELETE FROM core_event_due d USING (
    SELECT plugin, event_id FROM core_event_due WHERE due_at <= now() AND plugin <> ALL($1)
    ORDER BY due_at, plugin, event_id LIMIT $2 FOR UPDATE SKIP LOCKED
) AS due
WHERE d.plugin = due.plugin AND d.event_id = due.event_id
RETURNING d.plugin, d.event_id, d.attempts
"""
_LATER = """
UPDATE core_event_due SET attempts = $3, due_at = now() + make_interval(secs => $4)
WHERE plugin = $1 AND event_id = ANY($2)
"""

log = structlog.get_logger("palabre.plugins")


async def keep_repairing() -> None:
    """Ask again, as long as the site runs, about what is due; of many processes, one does each."""
    while True:
        try:
            while await repair():
                pass
        except Exception:  # whatever it is, repairing must not end with it
            log.exception("events_not_repaired")
        await asyncio.sleep(EVERY)


async def repair() -> int:
    """Ask again about a batch of what is due; returns how many events were looked at.

    What is due to a disabled or unknown plugin is written without it; a paused one is waited for.
    """
    async with transaction() as connection:
        rows = await connection.fetch(_TAKE, plugins.current().waiting, BATCH)
        batches: dict[tuple[str, int], list[UUID]] = {}
        for row in rows:
            batches.setdefault((row["plugin"], row["attempts"]), []).append(row["event_id"])
        for (plugin, attempts), event_ids in sorted(batches.items()):
            await _ask_again(connection, plugin, sorted(event_ids))
            # Only what failed once more is there again.
            pause = min(FIRST_RETRY * 2.0 ** min(attempts, 20), LAST_RETRY)
            await connection.execute(_LATER, plugin, event_ids, attempts + 1, pause)
    return len(rows)


async def _ask_again(connection: Connection, plugin: str, event_ids: Sequence[UUID]) -> None:
    if plugin in plugins.current().users("events_saved"):
        rows = await Event.filter(id__in=list(event_ids)).order_by("id").values()
        saves = [
            extending.saved(row, content_of(row))
            for row in rows
            if plugins.current().is_on_for(plugin, row["organisation_id"])
        ]
        try:
            asked = plugins.current().take_part
            given = await asked(plugin, "events_saved", saves=saves) if saves else ()
        except PalabreError as refusal:  # the event is saved: nobody is there to be refused
            log.warning("plugin_refused_late", plugin=plugin, why=str(refusal))
            given = None
        if given is None:
            await extending.mark_due(connection, plugin, event_ids)
    rows_in_feeds = await connection.fetch(
        "SELECT event_id FROM core_fragment WHERE in_feeds AND event_id = ANY($1)", list(event_ids)
    )
    shown = {row["event_id"] for row in rows_in_feeds}
    if shown:
        await touch_events(connection, sorted(shown))
    await rebuild(connection, sorted(set(event_ids) - shown))


async def refresh_events(event_ids: Sequence[UUID]) -> None:
    """Write these events into the feeds anew: something that a plugin shows of them has changed.

    In the caller's transaction if there is one. Their subscribers see a new version.
    """
    async with transaction() as connection:
        ids = sorted(set(event_ids))
        for start in range(0, len(ids), BATCH):
            await touch_events(connection, ids[start : start + BATCH])


async def save_values(
    actor: Actor, event_id: UUID, plugin: str, values: Mapping[str, Extra | None]
) -> Saved:
    """Give fields of `plugin` other values, as if they had been typed into the event's form.

    Fields that `values` doesn't name stay; None empties one. Raises NotFound, Denied, Refused as
    saving does, ValueError for a value that is not of its field's kind.
    """
    event = await Event.get_or_none(id=event_id)
    if event is None or not can(actor, "event.view", event):
        raise NotFound(_("Cet événement n’existe pas, ou n’est pas public."))
    content = content_of_event(event)
    before = content.extras.get(plugin, {})
    kept = {name: value for name, value in before.items() if name not in values}
    given = {name: value for name, value in values.items() if value is not None}
    extras = {**content.extras, plugin: kept | checked(plugin, given)}
    change = Change(
        replace(content, extras=extras),
        event.organisation_id,
        event_id,
        expected_version=event.version,
    )
    return await save_event(actor, change)
