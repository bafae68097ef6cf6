"""Who may do what: one door, and the same rule as a query."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from palabre.database.connection import transaction
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.people import domain
from palabre.people.models import Organisation, Role, SiteRole
from palabre.people.permissions import ACTIONS, ANONYMOUS, SYSTEM, Actor, can, visible
from palabre.people.sessions import actor_of_user

OURS = Organisation(id=uuid4(), slug="nous", name="Nous")
THEIRS = Organisation(id=uuid4(), slug="eux", name="Eux")
CONTRIBUTOR_ID = uuid4()

ACTORS = {
    "anonymous": ANONYMOUS,
    "stranger": Actor(user_id=uuid4(), roles={THEIRS.id: Role.OWNER}),
    "contributor": Actor(user_id=CONTRIBUTOR_ID, roles={OURS.id: Role.CONTRIBUTOR}),
    "editor": Actor(user_id=uuid4(), roles={OURS.id: Role.EDITOR}),
    "owner": Actor(user_id=uuid4(), roles={OURS.id: Role.OWNER}),
    "moderator": Actor(user_id=uuid4(), site_roles=frozenset({SiteRole.MODERATOR})),
    "administrator": Actor(user_id=uuid4(), site_roles=frozenset({SiteRole.ADMINISTRATOR})),
    "system": SYSTEM,
    "coordinator": Actor(
        user_id=uuid4(), roles={THEIRS.id: Role.EDITOR}, below=frozenset({OURS.id})
    ),
}
MEMBERS = {"contributor", "editor", "owner"}
PUBLISHERS = {"editor", "owner", "moderator", "administrator", "system"}
SITE = {"moderator", "administrator", "system"}

# action, publication of the event → who may, of an event of OURS that the contributor made
EVENT_TABLE = [
    ("event.view", Publication.PUBLISHED, set(ACTORS)),
    ("event.view", Publication.DRAFT, MEMBERS | SITE | {"coordinator"}),
    ("event.view", Publication.WITHDRAWN, MEMBERS | SITE | {"coordinator"}),
    ("event.edit", Publication.DRAFT, MEMBERS | SITE),
    ("event.edit", Publication.SUBMITTED, MEMBERS | SITE),
    ("event.edit", Publication.PUBLISHED, PUBLISHERS),
    ("event.edit", Publication.WITHDRAWN, PUBLISHERS),
    ("event.submit", Publication.DRAFT, MEMBERS | SITE),
    ("event.publish", Publication.SUBMITTED, PUBLISHERS),
    ("event.refuse", Publication.SUBMITTED, PUBLISHERS),
    ("event.withdraw", Publication.PUBLISHED, PUBLISHERS),
    ("event.cancel", Publication.PUBLISHED, PUBLISHERS),
    ("event.delete", Publication.DRAFT, MEMBERS | SITE),
    ("event.delete", Publication.PUBLISHED, PUBLISHERS),
]


def event(publication: Publication, made_by: UUID = CONTRIBUTOR_ID) -> Event:
    # Tortoise takes foreign keys as arguments only once its models know each other.
    made = Event(publication=publication)
    made.organisation_id = OURS.id
    made.created_by_id = made_by
    return made


@pytest.mark.parametrize(("action", "publication", "allowed"), EVENT_TABLE)
def test_event_actions(action: str, publication: Publication, allowed: set[str]) -> None:
    may = {name for name, actor in ACTORS.items() if can(actor, action, event(publication))}

    assert may == allowed


def test_a_contributor_does_not_touch_what_another_member_made() -> None:
    theirs = event(Publication.DRAFT, made_by=uuid4())

    allowed = {action for action in ACTIONS if can(ACTORS["contributor"], action, theirs)}

    assert "event.view" in allowed
    assert not allowed & {"event.edit", "event.submit", "event.delete", "event.publish"}


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("event.create", MEMBERS | {"administrator", "system"}),
        ("organisation.import", MEMBERS | {"administrator", "system"}),
        ("organisation.edit", {"owner", "administrator", "system"}),
        ("event.publish", PUBLISHERS),
    ],
)
def test_actions_on_an_organisation(action: str, allowed: set[str]) -> None:
    assert {name for name, actor in ACTORS.items() if can(actor, action, OURS)} == allowed


def test_every_action_but_seeing_is_denied_to_nobody() -> None:
    allowed = {
        action
        for action in ACTIONS
        for thing in (None, OURS, event(Publication.PUBLISHED))
        if can(ANONYMOUS, action, thing)
    }

    assert allowed == {"event.view"}


def test_an_unknown_action_is_an_error_not_a_yes() -> None:
    with pytest.raises(KeyError):
        can(SYSTEM, "event.explode")


@pytest.mark.usefixtures("database")
async def test_the_query_shows_exactly_what_the_door_admits() -> None:
    ours = await domain.create_organisation("Nous")
    theirs = await domain.create_organisation("Eux")
    for organisation in (ours, theirs):
        for publication in Publication:
            await _store(organisation, publication)
    events = await Event.all()
    actors = [
        ANONYMOUS,
        SYSTEM,
        *(Actor(user_id=uuid4(), roles={ours.id: role}) for role in Role),
        *(Actor(user_id=uuid4(), site_roles=frozenset({role})) for role in SiteRole),
        Actor(user_id=uuid4(), below=frozenset({ours.id})),
        Actor(user_id=uuid4(), roles={theirs.id: Role.OWNER}, below=frozenset({ours.id})),
    ]

    for actor in actors:
        listed = {found.id for found in await Event.filter(visible(actor))}
        assert listed == {found.id for found in events if can(actor, "event.view", found)}


@pytest.mark.usefixtures("database")
async def test_an_index_alone_answers_who_sees_what() -> None:
    """What keeps the filter cheap: one column, and no OR (bench permissions measures it)."""
    ours = await domain.create_organisation("Nous")
    actor = Actor(roles={ours.id: Role.EDITOR}, below=frozenset({uuid4()}))
    async with transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL enable_bitmapscan = off")
        counting = Event.filter(visible(actor)).count().sql(params_inline=True)
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN {counting}")]

    assert any("Index Only Scan using core_event_seen_by" in line for line in plan), plan
    assert not any("Filter" in line for line in plan), plan


@pytest.mark.usefixtures("database")
async def test_a_coordinator_sees_what_lies_below_and_only_that() -> None:
    town = await domain.create_organisation("Commune")
    quarter = await domain.create_organisation("Quartier")
    street = await domain.create_organisation("Rue")
    elsewhere = await domain.create_organisation("Ailleurs")
    await Organisation.filter(id=quarter.id).update(parent_id=town.id)
    await Organisation.filter(id=street.id).update(parent_id=quarter.id)
    people = {}
    for role in Role:
        user = await domain.create_user(f"{role}@example.org", role, None)
        await domain.add_member(user, quarter, role)
        people[role] = await actor_of_user(user)
    top = await domain.create_user("maire@example.org", "Maire", None)
    await domain.add_member(top, town, Role.OWNER)

    assert people[Role.OWNER].below == people[Role.EDITOR].below == {street.id}
    assert people[Role.CONTRIBUTOR].below == frozenset()
    above = await actor_of_user(top)
    assert above.below == {quarter.id, street.id}
    for organisation in (town, quarter, street, elsewhere):
        await _store(organisation, Publication.DRAFT)
    drafts = await Event.filter(visible(people[Role.OWNER])).order_by("slug")
    assert [draft.slug for draft in drafts] == ["quartier-draft", "rue-draft"]
    assert not any(can(above, "event.edit", draft) for draft in drafts)


@pytest.mark.usefixtures("database")
async def test_even_a_circle_of_parents_ends() -> None:
    first = await domain.create_organisation("Un")
    second = await domain.create_organisation("Deux")
    await Organisation.filter(id=first.id).update(parent_id=second.id)
    await Organisation.filter(id=second.id).update(parent_id=first.id)
    user = await domain.create_user("ana@example.org", "Ana", None)
    await domain.add_member(user, first, Role.OWNER)

    assert (await actor_of_user(user)).below == {first.id, second.id}


async def _store(organisation: Organisation, publication: Publication) -> None:
    now = datetime.now(UTC)
    name = f"{organisation.slug}-{publication}"
    await Event.create(
        uid=name,
        slug=name,
        title=name,
        organisation_id=organisation.id,
        publication=publication,
        time_zone="Europe/Paris",
        starts_at=now,
        first_at=now,
        last_at=now,
        changed_at=now,
    )
