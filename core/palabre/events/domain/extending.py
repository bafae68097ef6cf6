"""Plugins' part in a save: what they object to, what they store, what they add to the feeds.

An event never waits for a plugin. Values of its fields are the core's to keep (`Content.extras`);
what the plugin itself does with them (hooks `event_faces` and `events_saved`) happens inside the
transaction of the save, in a savepoint. When it fails or is paused, the event is saved and fed
without its part, and the pair is written down as due: `repairing` asks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from palabre import plugins
from palabre.database.connection import Connection, fetch
from palabre.events.extras import extensions_of
from palabre.events.values import Content, Extras, Publication, Status
from palabre.feeds.values import Extension
from palabre.hookvalues import EventDraft, EventFace, EventMove, EventSave

SoFar = Mapping[UUID, tuple[Publication, Status]]


async def ask(wanted: Sequence[tuple[EventDraft, Publication | None]]) -> None:
    """Ask the guards about events that are to be saved; raises Refused with what they object to.

    Each draft comes with the publication that is asked for, None to keep the present one.
    """
    current = plugins.current()
    if not (current.uses("validate_event") or current.uses("event_transition")):
        return
    so_far = await _so_far([draft.event_id for draft, _asked in wanted if draft.event_id])
    for draft, asked in wanted:
        before = so_far.get(draft.event_id) if draft.event_id else None
        publication = asked or (before[0] if before else Publication.DRAFT)
        settled = replace(draft, publication=publication)
        await current.guard("validate_event", draft=settled)
        if before != (publication, draft.content.status):
            await current.guard("event_transition", move=_move(settled, before))


async def faces(
    connection: Connection,
    rows: Sequence[Mapping[str, object]],
    contents: Sequence[Content],
    *,
    stored: bool,
) -> dict[UUID, tuple[Extension, ...]]:
    """Return what plugins add for readers to each of these events that says anything of theirs.

    Until they are `stored`, plugins that store something of them aren't asked: they come later.
    """
    saves = [saved(row, said) for row, said in zip(rows, contents, strict=True) if said.extras]
    if not saves:
        return {}
    found = {
        each.event_id: list(extensions_of(each.content, each.organisation_id)) for each in saves
    }
    later = () if stored else plugins.current().users("events_saved")
    for plugin in plugins.current().users("event_faces"):
        if plugin in later:
            continue
        theirs = [s for s in saves if plugin in s.content.extras and _is_on(plugin, s)]
        if not theirs:
            continue
        given = await plugins.current().take_part(plugin, "event_faces", events=theirs)
        if given is None:
            await mark_due(connection, plugin, [save.event_id for save in theirs])
        for face in given or ():
            if face.event_id in found:
                found[face.event_id] = _with(found[face.event_id], plugin, face)
    return {event_id: tuple(extensions) for event_id, extensions in found.items()}


async def store(
    connection: Connection, saves: Sequence[EventSave], before: Mapping[UUID, Extras]
) -> set[UUID]:
    """Let plugins keep what these events, already written, say of theirs, or no longer say.

    `before` are the values that known events had. Returns the events for which plugins that were
    asked also add something for readers: it is to be written now.
    """
    faced: set[UUID] = set()
    shows = plugins.current().users("event_faces")
    for plugin in plugins.current().users("events_saved"):
        theirs = [
            save
            for save in saves
            if (plugin in save.content.extras or plugin in before.get(save.event_id, {}))
            and _is_on(plugin, save)
        ]
        if not theirs:
            continue
        if await plugins.current().take_part(plugin, "events_saved", saves=theirs) is None:
            await mark_due(connection, plugin, [save.event_id for save in theirs])
        if plugin in shows:
            faced |= {save.event_id for save in theirs if plugin in save.content.extras}
    return faced


async def mark_due(connection: Connection, plugin: str, event_ids: Sequence[UUID]) -> None:
    """Write down that `plugin` must be asked about these events again, after a moment."""
    await connection.execute(
        "INSERT INTO core_event_due AS d (plugin, event_id, due_at)"
        " SELECT $1, unnest($2::uuid[]), now() + interval '10 seconds'"
        " ON CONFLICT (plugin, event_id) DO UPDATE SET due_at = greatest(d.due_at, excluded.due_at)",
        plugin,
        list(event_ids),
    )


def saved(row: Mapping[str, object], content: Content, action: str = "") -> EventSave:
    """Return a row of core_event, with what it says, as plugins are told of it."""
    return EventSave(
        event_id=UUID(str(row["id"])),
        slug=str(row["slug"]),
        organisation_id=UUID(str(row["organisation_id"])),
        publication=Publication(str(row["publication"])),
        action=action,
        content=content,
    )


def _is_on(plugin: str, save: EventSave) -> bool:
    return plugins.current().is_on_for(plugin, save.organisation_id)


async def _so_far(event_ids: Sequence[UUID]) -> SoFar:
    if not event_ids:
        return {}
    rows = await fetch(
        "SELECT id, publication, status FROM core_event WHERE id = ANY($1)", list(event_ids)
    )
    return {row["id"]: (Publication(row["publication"]), Status(row["status"])) for row in rows}


def _move(draft: EventDraft, before: tuple[Publication, Status] | None) -> EventMove:
    publication, status = before or (None, None)
    return EventMove(
        event_id=draft.event_id,
        organisation_id=draft.organisation_id,
        content=draft.content,
        action=draft.action,
        publication_before=publication,
        publication=draft.publication,
        status_before=status,
    )


def _with(extensions: list[Extension], plugin: str, face: EventFace) -> list[Extension]:
    """Return `extensions` with what a plugin adds beside its fields."""
    own = next((each for each in extensions if each.plugin == plugin), Extension(plugin))
    others = [each for each in extensions if each.plugin != plugin]
    prefix = f"X-{plugin.upper().replace('_', '-')}-"
    wider = Extension(
        plugin,
        lines=(*own.lines, *face.lines),
        properties=(
            *own.properties,
            *((f"{prefix}{name.upper()}", text) for name, text in face.properties.items()),
        ),
        data={**own.data, **face.data},
        words=f"{own.words}\n{face.words}",
    )
    return sorted([*others, wider], key=lambda each: each.plugin)
