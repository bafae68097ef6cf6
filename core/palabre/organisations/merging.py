"""Two organisations that are one: everything of the duplicate goes over to the one that is kept.

The duplicate stays as a pointer, so that its addresses lead on for ever (pages and feeds answer
308) and nothing that remembers it loses its hold. Events keep their UID and address; whoever
subscribed reads the new organiser as a change (SEQUENCE, LAST-MODIFIED) and need do nothing.

There is no way back (docs/administrateurs.md says what can be told apart afterwards), so what will
happen is counted first, and done only if it is still so.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from palabre import plugins
from palabre.audit import domain as audit
from palabre.database.connection import Connection, acquired, transaction
from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events.domain.derived import touch_events
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.rows import content_json
from palabre.events.models import Event
from palabre.feeds.domain import announce
from palabre.hookvalues import EventChange
from palabre.i18n import gettext as _
from palabre.organisations.merged import hold_alone
from palabre.people.models import Organisation, Role
from palabre.people.permissions import Actor, can
from palabre.plugins import scope

ACTION = "organisation_merged"  # in an event's history
BATCH = 200  # events told at a time

# $1 is the duplicate, $2 the one that is kept.
_COUNT = """
SELECT
  (SELECT count(*) FROM core_event WHERE organisation_id = $1) AS events,
  (SELECT count(*) FROM core_event
   WHERE organisation_id = $1 AND publication = 'published') AS published,
  (SELECT count(*) FROM core_event
   WHERE organisation_id <> $1 AND $1 = ANY(co_organiser_ids)) AS shared,
  (SELECT count(*) FROM core_membership m WHERE m.organisation_id = $1 AND NOT EXISTS (
     SELECT FROM core_membership k
     WHERE k.organisation_id = $2 AND k.user_id = m.user_id)) AS members,
  (SELECT count(*) FROM core_membership m JOIN core_membership k ON k.user_id = m.user_id
   WHERE m.organisation_id = $1 AND k.organisation_id = $2
     AND array_position($3::text[], m.role) < array_position($3::text[], k.role)) AS raised,
  (SELECT count(*) FROM core_membership m WHERE m.organisation_id = $1 AND m.role = 'owner'
     AND NOT EXISTS (SELECT FROM core_membership k WHERE k.organisation_id = $2
                     AND k.user_id = m.user_id AND k.role = 'owner')) AS owners,
  (SELECT count(*) FROM core_invitation
   WHERE organisation_id = $1 AND used_at IS NULL AND expires_at > now()) AS invitations,
  (SELECT count(*) FROM core_source WHERE organisation_id = $1) AS sources,
  (SELECT count(*) FROM core_source s
   JOIN core_source k ON k.organisation_id = $2 AND k.location = s.location
   JOIN core_source_event d ON d.source_id = s.id AND d.leads AND d.event_id IS NOT NULL
   JOIN core_source_event e ON e.source_id = k.id AND e.key = d.key AND e.event_id <> d.event_id
   WHERE s.organisation_id = $1) AS twins,
  (SELECT count(*) FROM core_plugin_organisation p WHERE p.organisation_id = $1
     AND NOT EXISTS (SELECT FROM core_plugin_organisation k
                     WHERE k.organisation_id = $2 AND k.plugin = p.plugin)) AS extensions,
  (SELECT count(*) FROM core_organisation
   WHERE parent_id = $1 AND merged_into_id IS NULL AND id <> $2) AS children
"""
_MOVE_EVENTS = """
UPDATE core_event
SET organisation_id = CASE organisation_id WHEN $1::uuid THEN $2::uuid ELSE organisation_id END,
    co_organiser_ids = ARRAY(
        SELECT partner FROM unnest(array_replace(co_organiser_ids, $1::uuid, $2::uuid))
            WITH ORDINALITY AS named (partner, place)
        WHERE partner <> CASE organisation_id WHEN $1::uuid THEN $2::uuid ELSE organisation_id END
        GROUP BY partner ORDER BY min(place))
WHERE organisation_id = $1 OR $1 = ANY(co_organiser_ids)
RETURNING id
"""
_MOVE_MEMBERS = """
INSERT INTO core_membership AS k (id, user_id, organisation_id, role, created_at)
SELECT id, user_id, $2, role, created_at FROM gone
ON CONFLICT (user_id, organisation_id) DO UPDATE SET role = excluded.role
WHERE array_position($3::text[], excluded.role) < array_position($3::text[], k.role)
"""
# A source that both had goes on as the kept one's; what only the duplicate's brought goes over.
_JOIN_SOURCES = """
UPDATE core_source_event d SET source_id = k.id
FROM core_source s JOIN core_source k ON k.organisation_id = $2 AND k.location = s.location
WHERE s.organisation_id = $1 AND d.source_id = s.id
  AND NOT EXISTS (SELECT FROM core_source_event e WHERE e.source_id = k.id AND e.key = d.key)
"""
_END_JOINED = """
DELETE FROM core_source s USING core_source k
WHERE s.organisation_id = $1 AND k.organisation_id = $2 AND k.location = s.location
"""
# A new number, so that an import that is under way finds itself overtaken.
_MOVE_SOURCES = (
    "UPDATE core_source SET organisation_id = $2, run = run + 1 WHERE organisation_id = $1"
)
_REMEMBER = """
INSERT INTO core_event_revision (event_id, version, action, actor_id, content)
VALUES ($1, $2, $3, $4, $5)
"""
# Where the duplicate stood above the kept one, however far, that one takes its place; it also does
# where it depended on none, unless it would then depend on what depends on it.
_PARENT = """
WITH RECURSIVE line AS (
    SELECT id AS below, parent_id AS above FROM core_organisation WHERE id IN ($1, $2)
    UNION
    SELECT line.below, o.parent_id FROM line JOIN core_organisation o ON o.id = line.above
)
UPDATE core_organisation k
SET parent_id = CASE
    WHEN EXISTS (SELECT FROM line WHERE below = $2 AND above = $1) THEN d.parent_id
    WHEN k.parent_id IS NULL AND NOT EXISTS (SELECT FROM line WHERE below = $1 AND above = $2)
        THEN d.parent_id
    ELSE k.parent_id END
FROM core_organisation d WHERE k.id = $2 AND d.id = $1
"""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a merge does, counted: of the duplicate, and of both where it says so.

    `shared` are others' events that name it beside their own; `members` join the kept one, `owners`
    become its owners, `raised` are members of both who get the higher role; `twins` are events that
    both imported from the same place, and that stay twice; `extensions` are plugins that come to be
    on for the kept one; `children` depend on it.
    """

    events: int
    published: int
    shared: int
    members: int
    raised: int
    owners: int
    invitations: int
    sources: int
    twins: int
    extensions: int
    children: int

    @property
    def mark(self) -> str:
        """The counts in one word, by which a later merge knows that they are still so."""
        return "-".join(str(getattr(self, field.name)) for field in fields(self))


async def effects(duplicate: Organisation, kept: Organisation) -> Effects:
    """Return what merging `duplicate` into `kept` would do now."""
    async with acquired() as connection:
        return await _count(connection, duplicate.id, kept.id)


async def pair(duplicate: str, kept: str) -> tuple[Organisation, Organisation]:
    """Return both organisations by slug; raises NotFound, or Refused where they can't be merged."""
    found = await Organisation.get_or_none(slug=duplicate.replace("\0", ""), merged_into_id=None)
    if found is None:
        raise NotFound(_("Cette organisation n’existe pas, ou a été réunie à une autre."))
    into = await Organisation.get_or_none(slug=kept.replace("\0", ""), merged_into_id=None)
    if into is None:
        raise Refused(_("Choisissez l’organisation à garder."), "into")
    if into.id == found.id:
        raise Refused(_("Choisissez deux organisations différentes."), "into")
    return found, into


async def merge(actor: Actor, duplicate: str, kept: str, mark: str) -> Effects:
    """Merge the organisation at `duplicate` into the one at `kept`; all of it, or nothing.

    `mark` is that of the effects which the actor saw. Raises Denied, NotFound, Refused, or Conflict
    when something has changed since they were counted.
    """
    if not can(actor, "site.administer"):
        raise Denied(_("Seule l’administration du site réunit des organisations."))
    known = await pair(duplicate, kept)
    async with transaction() as connection:
        await connection.one_at_a_time("organisations")
        await hold_alone(connection, [organisation.id for organisation in known])
        gone, into = await pair(duplicate, kept)
        # Changes of members queue for these rows, too (people.members).
        await connection.execute(
            "SELECT FROM core_organisation WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
            [gone.id, into.id],
        )
        counted = await _count(connection, gone.id, into.id)
        if counted.mark != mark:
            raise Conflict(_("Quelque chose a changé entre-temps : relisez les effets."), current=0)
        await _move_people(connection, gone.id, into.id)
        await _move_sources(connection, gone.id, into.id)
        await scope.move(connection, gone.id, into.id)
        await _move_standing(connection, gone.id, into.id)
        moved = await connection.fetch(_MOVE_EVENTS, gone.id, into.id)
        await _tell(actor, connection, sorted(row["id"] for row in moved))
        await announce(connection)
        await _note(actor, gone.id, into.id, counted)
    return counted


async def former_addresses(organisation: Organisation) -> list[str]:
    """Return the slugs of those that were merged into this one."""
    merged = Organisation.filter(merged_into_id=organisation.id).order_by("slug")
    return [found.slug for found in await merged]


async def _count(connection: Connection, gone: UUID, into: UUID) -> Effects:
    row = await connection.fetchrow(_COUNT, gone, into, list(Role))
    if row is None:
        raise AssertionError("a SELECT without FROM returns a row")
    return Effects(**dict(row))


async def _move_people(connection: Connection, gone: UUID, into: UUID) -> None:
    moving = "WITH gone AS (DELETE FROM core_membership WHERE organisation_id = $1 RETURNING *)"
    await connection.execute(f"{moving} {_MOVE_MEMBERS}", gone, into, list(Role))
    await connection.execute(
        "UPDATE core_invitation SET organisation_id = $2 WHERE organisation_id = $1", gone, into
    )


async def _move_sources(connection: Connection, gone: UUID, into: UUID) -> None:
    for command in (_JOIN_SOURCES, _END_JOINED, _MOVE_SOURCES):
        await connection.execute(command, gone, into)
    await connection.execute(
        "UPDATE core_import_job SET organisation_id = $2 WHERE organisation_id = $1", gone, into
    )


async def _move_standing(connection: Connection, gone: UUID, into: UUID) -> None:
    """Give the kept one its place in the hierarchy, and make the duplicate a pointer."""
    await connection.execute(_PARENT, gone, into)
    for column in ("parent_id", "merged_into_id"):
        await connection.execute(
            f"UPDATE core_organisation SET {column} = $2 WHERE {column} = $1 AND id <> $2",  # noqa: S608  own names
            gone,
            into,
        )
    await connection.execute(
        "UPDATE core_organisation SET merged_into_id = $2, parent_id = NULL WHERE id = $1",
        gone,
        into,
    )


async def _tell(actor: Actor, connection: Connection, event_ids: Sequence[UUID]) -> None:
    """Tell subscribers, histories and plugins of the events whose organisations have changed."""
    for start in range(0, len(event_ids), BATCH):
        part = event_ids[start : start + BATCH]
        await touch_events(connection, part)
        events = await Event.filter(id__in=part).order_by("id")
        await connection.executemany(
            _REMEMBER, [[e.id, e.version, ACTION, actor.user_id, _said(e)] for e in events]
        )
        await plugins.current().after_commit(connection, [_change(event) for event in events])


def _said(event: Event) -> str:
    said = content_json(content_of_event(event))
    return json.dumps(said | {"publication": str(event.publication)})


def _change(event: Event) -> EventChange:
    return EventChange(
        event_id=event.id,
        slug=event.slug,
        version=event.version,
        action=ACTION,
        publication=event.publication,
        organisation_id=event.organisation_id,
    )


async def _note(actor: Actor, gone: UUID, into: UUID, counted: Effects) -> None:
    """Write the merge into the journal of both."""
    counts = asdict(counted)
    await audit.record(
        actor, "organisation.merged", kind="organisation", object_id=gone, into=str(into), **counts
    )
    await audit.record(
        actor, "organisation.absorbed", kind="organisation", object_id=into, gone=str(gone)
    )
