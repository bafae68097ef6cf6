"""The one door for writing what events say: forms, imports, plugins and the demo come through it.

`save_many` takes any number of changes in one transaction, with a constant number of queries. A
change that says nothing new writes nothing, so a second import leaves no trace.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from palabre import plugins
from palabre.agenda.search import vector
from palabre.audit import domain as audit
from palabre.database.connection import Connection, transaction
from palabre.database.ids import new_id
from palabre.database.slugs import slugify
from palabre.errors import Conflict, Denied, NotFound
from palabre.events.domain import extending
from palabre.events.domain.derived import Derived, derive, rebuild, write_with
from palabre.events.domain.rows import CONTENT_COLUMNS, row_json, row_of
from palabre.events.domain.validation import clean
from palabre.events.models import Event
from palabre.events.values import Content, Publication
from palabre.hookvalues import EventChange, EventDraft
from palabre.i18n import gettext as _
from palabre.organisations.merged import hold, named, present, refuse_merged
from palabre.people.models import Organisation
from palabre.people.permissions import Actor, can

NOTED_ONE_BY_ONE = 5  # saves; more at once are an import's, and noted as one
JSON_COLUMNS = frozenset({"extras", "overrides", "translations"})
# What each publication asks of whoever sets it.
PERMISSION = {
    Publication.DRAFT: "event.edit",
    Publication.SUBMITTED: "event.submit",
    Publication.PUBLISHED: "event.publish",
    Publication.REFUSED: "event.refuse",
    Publication.WITHDRAWN: "event.withdraw",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants an event to say.

    Without `event_id` a new event is made. `expected_version` is the version the editor saw; when
    somebody else saved meanwhile the change is refused as a Conflict. `publication` None keeps the
    present one (draft for a new event). `uid` and `sequence` keep what an import brought.
    """

    content: Content
    organisation_id: UUID
    event_id: UUID | None = None
    expected_version: int | None = None
    publication: Publication | None = None
    uid: str | None = None
    sequence: int = 0
    action: str = "edited"
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a change; `changed` is False when it said nothing new.

    `said` is what the event says now, as `content_json` writes it; only `save_many` knows it.
    """

    event_id: UUID
    slug: str
    version: int
    changed: bool
    said: dict[str, Any] | None = None


@dataclass(slots=True)
class _Plan:
    """A change beside the row it meets, and the row it will leave."""

    change: Change
    content: Content
    before: Event | None
    row: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    changed: bool = True


async def save_event(actor: Actor, change: Change) -> Saved:
    """Save one change; raises what `save_many` raises."""
    return (await save_many(actor, [change]))[0]


async def save_many(actor: Actor, changes: Sequence[Change]) -> list[Saved]:
    """Save `changes` together: all of them or none.

    Raises Refused (a field can't be taken), Conflict (saved by somebody else meanwhile), Denied
    or NotFound (an event or organisation that isn't there or may not be seen).
    """
    cleaned = [clean(change.content) for change in changes]
    await _ask_plugins(changes, cleaned)
    async with transaction() as connection:
        # Before any row is locked: an organisation that is being merged changes its events.
        await hold(connection, {change.organisation_id for change in changes})
        organisations = await named({change.organisation_id for change in changes}, cleaned)
        plans = await _plans(changes, [present(said, organisations) for said in cleaned])
        _check_permissions(actor, plans, organisations)
        await _give_identity(connection, plans)
        _fill_rows(actor, plans)
        fresh = [plan for plan in plans if plan.changed]
        if fresh:
            rows = [plan.row for plan in fresh]
            derived = await derive(connection, rows, [plan.content for plan in fresh], stored=False)
            await write_with(connection, derived, _write(connection, derived))
            await _record(connection, actor, fresh)
            await _store(connection, fresh)
        await plugins.current().after_commit(connection, [_event_change(plan) for plan in fresh])
        await _note(actor, fresh)
    return [
        Saved(plan.row["id"], plan.row["slug"], plan.row["version"], plan.changed, plan.said)
        for plan in plans
    ]


async def _ask_plugins(changes: Sequence[Change], contents: Sequence[Content]) -> None:
    await extending.ask(
        [
            (
                EventDraft(
                    content,
                    change.organisation_id,
                    change.event_id,
                    change.publication or Publication.DRAFT,
                    change.action,
                ),
                change.publication,
            )
            for change, content in zip(changes, contents, strict=True)
        ]
    )


async def _store(connection: Connection, plans: Sequence[_Plan]) -> None:
    saves = [extending.saved(plan.row, plan.content, plan.change.action) for plan in plans]
    extras = {plan.before.id: plan.before.extras for plan in plans if plan.before is not None}
    await rebuild(connection, sorted(await extending.store(connection, saves, extras)))


def _event_change(plan: _Plan) -> EventChange:
    return EventChange(
        event_id=plan.row["id"],
        slug=plan.row["slug"],
        version=plan.row["version"],
        action=plan.change.action,
        publication=Publication(plan.row["publication"]),
        organisation_id=plan.row["organisation_id"],
    )


async def _note(actor: Actor, plans: Sequence[_Plan]) -> None:
    """Write the saves into the journal: each one, or their number when they come in bulk."""
    if len(plans) > NOTED_ONE_BY_ONE:
        await audit.record(actor, "events.saved", kind="events", object_id="many", count=len(plans))
        return
    for plan in plans:
        await audit.record(
            actor,
            f"event.{plan.change.action}",
            kind="event",
            object_id=plan.row["id"],
            version=plan.row["version"],
            publication=str(plan.row["publication"]),
        )


async def _record(connection: Connection, actor: Actor, plans: Sequence[_Plan]) -> None:
    """Add to each event's history what it says now."""
    await connection.executemany(
        "INSERT INTO core_event_revision (event_id, version, action, actor_id, content)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            [plan.row["id"], plan.row["version"], plan.change.action, actor.user_id, said]
            for plan, said in zip(plans, map(_revision, plans), strict=True)
        ],
    )


def next_moment(before: datetime | None) -> datetime:
    """Return the time of a change: now in whole seconds, and later than the change before.

    LAST-MODIFIED counts in seconds and readers skip what isn't newer (FEED.md E11).
    """
    now = datetime.now(UTC).replace(microsecond=0)
    return now if before is None else max(now, before + timedelta(seconds=1))


def _revision(plan: _Plan) -> str:
    return json.dumps(plan.said | {"publication": str(plan.row["publication"])})


async def _plans(changes: Sequence[Change], contents: Sequence[Content]) -> list[_Plan]:
    wanted = [change.event_id for change in changes if change.event_id is not None]
    # Locked in one order, so that two savers of the same events can't wait for each other.
    events = Event.filter(id__in=wanted).order_by("id").select_for_update()
    known = {event.id: event for event in await events} if wanted else {}
    plans = []
    for change, content in zip(changes, contents, strict=True):
        before = known.get(change.event_id) if change.event_id else None
        if change.event_id is not None and before is None:
            raise NotFound(_("Cet événement n’existe plus."))
        if before and change.expected_version not in {None, before.version}:
            raise Conflict(
                _("Quelqu’un d’autre a enregistré cet événement pendant que vous le modifiiez."),
                current=before.version,
            )
        plans.append(_Plan(change, content, before))
    return plans


def _check_permissions(
    actor: Actor, plans: Sequence[_Plan], organisations: Mapping[UUID, Organisation]
) -> None:
    for plan in plans:
        organisation = organisations.get(plan.change.organisation_id)
        if organisation is None:
            raise NotFound(_("Cette organisation n’existe plus."))
        refuse_merged(organisation)
        moved = plan.before is None or plan.before.organisation_id != organisation.id
        wanted = plan.change.publication
        allowed = (
            (plan.before is None or can(actor, "event.edit", plan.before))
            and (not moved or can(actor, "event.create", organisation))
            and (wanted is None or _may_set(actor, wanted, plan.before, organisation))
        )
        if not allowed:
            raise Denied(_("Vous n’avez pas le droit d’enregistrer cet événement ainsi."))


def _may_set(
    actor: Actor, wanted: Publication, before: Event | None, organisation: Organisation
) -> bool:
    if before is not None and before.publication == wanted:
        return True
    if wanted in {Publication.DRAFT, Publication.SUBMITTED} and before is None:
        return True
    return can(actor, PERMISSION[wanted], before or organisation)


def _fill_rows(actor: Actor, plans: Sequence[_Plan]) -> None:
    for plan in plans:
        columns = row_of(plan.content)
        plan.said = row_json(columns)
        before = plan.before
        publication = plan.change.publication or (
            before.publication if before else Publication.DRAFT
        )
        if before is not None:
            same = all(getattr(before, name) == columns[name] for name in CONTENT_COLUMNS)
            plan.changed = not (
                same
                and before.publication == publication
                and before.organisation_id == plan.change.organisation_id
            )
        plan.row |= columns | {
            "organisation_id": plan.change.organisation_id,
            "publication": publication,
        }
        plan.row |= _counters(actor, plan, publication)


def _counters(actor: Actor, plan: _Plan, publication: Publication) -> dict[str, Any]:
    before = plan.before
    seen = before is not None and before.published_at is not None
    moment = next_moment(before.changed_at if before else None)
    published = before.published_at if before else None
    gone = before.gone_at if before else None
    if publication == Publication.PUBLISHED:
        published, gone = published or moment, None
    elif seen and gone is None:
        gone = moment
    if before is None:
        return {
            "version": 1,
            "sequence": plan.change.sequence,
            "created_by_id": actor.user_id,
            "created_at": moment,
            "changed_at": moment,
            "published_at": published,
            "gone_at": gone,
            "is_demo": plan.change.is_demo,
        }
    raised = before.sequence + 1 if seen else before.sequence
    return {
        "version": before.version + (1 if plan.changed else 0),
        "sequence": max(raised, plan.change.sequence),
        "created_by_id": before.created_by_id,
        "created_at": before.created_at,
        "changed_at": moment,
        "published_at": published,
        "gone_at": gone,
        "is_demo": before.is_demo,
    }


async def _give_identity(connection: Connection, plans: Sequence[_Plan]) -> None:
    """Keep id, UID and slug of known events; give new ones a free slug and a UID for ever."""
    new = [plan for plan in plans if plan.before is None]
    for plan in plans:
        if plan.before is not None:
            plan.row = {name: getattr(plan.before, name) for name in ("id", "slug", "uid")}
    if not new:
        return
    await connection.one_at_a_time("name events")
    used = await _used(connection, "uid", [plan.change.uid for plan in new if plan.change.uid])
    for plan in new:
        event_id = new_id()
        uid = plan.change.uid
        if not uid or uid in used:
            uid = f"{event_id}@palabre"
        used.add(uid)
        plan.row = {"id": event_id, "uid": uid}
    wanted = [_slugs(plan) for plan in new]
    taken = await _used(connection, "slug", [slug for slugs in wanted for slug in slugs])
    for plan, slugs in zip(new, wanted, strict=True):
        plan.row["slug"] = next(slug for slug in (*slugs, plan.row["id"].hex) if slug not in taken)
        taken.add(plan.row["slug"])


def _slugs(plan: _Plan) -> tuple[str, ...]:
    """Return the addresses that suit a new event, the plainest first: title, date, a mark."""
    title = slugify(plan.content.title) or "evenement"
    mark = sha256(plan.row["uid"].encode()).hexdigest()[:8]
    return title, f"{title}-{plan.content.when.starts:%Y-%m-%d}", f"{title}-{mark}"


async def _used(connection: Connection, column: str, values: Sequence[str]) -> set[str]:
    query = f"SELECT {column} FROM core_event WHERE {column} = ANY($1)"  # noqa: S608  own names
    return {row[column] for row in await connection.fetch(query, list(values))}


async def _write(connection: Connection, derived: Sequence[Derived]) -> None:
    names = list(derived[0].row)
    columns = (*names, "first_at", "last_at", "search")
    *marks, title, others, rest = (f"${number + 1}" for number in range(len(columns) + 2))
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    await connection.executemany(
        f"INSERT INTO core_event ({', '.join(columns)})"  # noqa: S608 - own names
        f" VALUES ({', '.join(marks)}, {vector(title, others, rest)})"
        f" ON CONFLICT (id) DO UPDATE SET {updates}",
        [
            [
                *(_column(name, each.row[name]) for name in names),
                *each.span,
                each.words.title,
                each.words.names,
                each.words.words,
            ]
            for each in derived
        ],
    )


def _column(name: str, value: object) -> object:
    """JSON columns go to asyncpg as text; the other lists are PostgreSQL arrays."""
    return json.dumps(value) if name in JSON_COLUMNS else value
