"""Saving events: one door, all or nothing, and what follows from a row stays in step with it."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events.domain.reading import content_of_event, history
from palabre.events.domain.rows import content_from_json, content_json, content_of, row_of
from palabre.events.domain.saving import Change, save_event, save_many
from palabre.events.domain.venues import find_or_create
from palabre.events.models import Event, EventRevision, Occurrence
from palabre.events.values import (
    Accessibility,
    AllDay,
    Audience,
    Content,
    Image,
    Override,
    Place,
    Price,
    Publication,
    Recurrence,
    Status,
    Timed,
    Translation,
)
from palabre.people import domain as people
from palabre.people.models import Organisation, Role
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor

PARIS = ZoneInfo("Europe/Paris")
EVENING = Timed(
    datetime(2026, 11, 14, 20, tzinfo=PARIS),
    datetime(2026, 11, 14, 22, 30, tzinfo=PARIS),
    "Europe/Paris",
)
RICH = Content(
    title="Soirée d’ouverture",
    when=EVENING,
    description="Une soirée.\n\nVenez nombreux.",
    recurrence=Recurrence(
        "FREQ=WEEKLY;COUNT=4",
        rdates=(datetime(2026, 12, 24, 20, tzinfo=PARIS),),
        exdates=(datetime(2026, 11, 21, 20, tzinfo=PARIS),),
    ),
    overrides=(
        Override(
            original=datetime(2026, 11, 28, 20, tzinfo=PARIS),
            when=replace(EVENING, starts=datetime(2026, 11, 29, 18, tzinfo=PARIS), ends=None),
            title="Soirée déplacée",
            status=Status.RESCHEDULED,
        ),
        Override(original=datetime(2026, 12, 5, 20, tzinfo=PARIS), cancelled=True),
    ),
    status=Status.FULL,
    online_url="https://example.org/direct",
    url="https://example.org/",
    categories=("Débat", "Eau"),
    audience=Audience.FAMILIES,
    price=Price.PAID,
    price_text="5 €",
    accessibility=(Accessibility.HEARING, Accessibility.MOTOR),
    image=Image("https://example.org/i.jpg", "Un arbre", "Palabre"),
    translations={"en": Translation("Opening night", "An evening.")},
)


@pytest.fixture
async def organisation(database: str) -> Organisation:
    return await people.create_organisation("Les Voisins")


def owner_of(organisation: Organisation, role: Role = Role.OWNER) -> Actor:
    return Actor(roles={organisation.id: role})


async def saved(organisation: Organisation, content: Content = RICH, **more: object) -> Event:
    result = await save_event(SYSTEM, Change(content, organisation.id, **more))  # type: ignore[arg-type]  # the fields of Change, by name
    return await Event.get(id=result.event_id)


async def test_what_was_saved_is_read_back_word_for_word(organisation: Organisation) -> None:
    event = await saved(organisation)

    assert content_of_event(event) == RICH
    assert (event.version, event.sequence, event.publication) == (1, 0, Publication.DRAFT)


ZONES = st.sampled_from(["Europe/Paris", "Africa/Dakar", "Asia/Yerevan", "America/St_Johns"])


@st.composite
def whens(draw: st.DrawFn) -> Timed | AllDay:
    zone = draw(ZONES)
    if draw(st.booleans()):
        first = draw(st.dates(date(1950, 1, 1), date(2150, 1, 1)))
        return AllDay(first, first + timedelta(days=draw(st.integers(1, 400))), zone)
    instant = draw(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)))  # noqa: DTZ001  the strategy adds the zone
    starts = instant.replace(microsecond=0, tzinfo=UTC).astimezone(ZoneInfo(zone))
    hours = draw(st.none() | st.integers(0, 10_000))
    ends = None
    if hours is not None:
        ends = (starts.astimezone(UTC) + timedelta(minutes=hours)).astimezone(ZoneInfo(zone))
    return Timed(starts, ends, zone, floating=draw(st.booleans()))


@given(whens(), st.text(min_size=1), st.sampled_from(Status))
def test_columns_and_json_lose_nothing(when: Timed | AllDay, title: str, status: Status) -> None:
    content = replace(RICH, when=when, title=title, status=status, recurrence=None, overrides=())

    assert content_of(row_of(content)) == content
    assert content_from_json(content_json(content)) == content


async def test_occurrences_follow_the_series_and_its_exceptions(
    organisation: Organisation,
) -> None:
    event = await saved(organisation)

    dates = await Occurrence.filter(event_id=event.id).order_by("starts_at")

    assert [(d.starts_at.astimezone(PARIS), d.cancelled, d.title) for d in dates] == [
        (datetime(2026, 11, 14, 20, tzinfo=PARIS), False, None),
        (datetime(2026, 11, 29, 18, tzinfo=PARIS), False, "Soirée déplacée"),
        (datetime(2026, 12, 5, 20, tzinfo=PARIS), True, None),
        (datetime(2026, 12, 24, 20, tzinfo=PARIS), False, None),
    ]
    assert event.first_at == EVENING.starts


async def test_a_save_that_says_nothing_new_writes_nothing(organisation: Organisation) -> None:
    event = await saved(organisation, publication=Publication.PUBLISHED)

    again = await save_event(SYSTEM, Change(RICH, organisation.id, event.id))

    assert not again.changed
    after = await Event.get(id=event.id)
    assert (after.version, after.sequence, after.changed_at) == (1, 0, event.changed_at)
    assert await EventRevision.filter(event_id=event.id).count() == 1


async def test_every_visible_change_raises_sequence_and_last_modified(
    organisation: Organisation,
) -> None:
    event = await saved(organisation, publication=Publication.PUBLISHED)
    moments = [event.changed_at]

    for number in range(1, 4):
        content = replace(RICH, title=f"Titre {number}")
        await save_event(SYSTEM, Change(content, organisation.id, event.id))
        event = await Event.get(id=event.id)
        assert event.sequence == number
        moments.append(event.changed_at)

    assert all(later - before >= timedelta(seconds=1) for before, later in pairwise(moments))


async def test_an_unpublished_draft_keeps_sequence_zero(organisation: Organisation) -> None:
    event = await saved(organisation)

    await save_event(SYSTEM, Change(replace(RICH, title="Autre"), organisation.id, event.id))

    after = await Event.get(id=event.id)
    assert (after.version, after.sequence) == (2, 0)


async def test_the_second_of_two_editors_is_told_and_nothing_is_lost(
    organisation: Organisation,
) -> None:
    event = await saved(organisation)
    first = Change(replace(RICH, title="Premier"), organisation.id, event.id, expected_version=1)
    second = Change(replace(RICH, title="Second"), organisation.id, event.id, expected_version=1)

    results = await asyncio.gather(
        save_event(SYSTEM, first), save_event(SYSTEM, second), return_exceptions=True
    )

    conflicts = [result for result in results if isinstance(result, Conflict)]
    assert [conflict.current for conflict in conflicts] == [2]
    assert (await Event.get(id=event.id)).version == 2


async def test_many_changes_are_saved_together_or_not_at_all(organisation: Organisation) -> None:
    good = Change(RICH, organisation.id)
    bad = Change(replace(RICH, title=""), organisation.id)

    with pytest.raises(Refused):
        await save_many(SYSTEM, [good, bad])

    assert await Event.all().count() == 0


async def test_same_titles_get_different_addresses_and_uids_stay_for_ever(
    organisation: Organisation,
) -> None:
    changes = [Change(RICH, organisation.id, uid=uid) for uid in ("a@b", "a@b", None)]

    results = await save_many(SYSTEM, changes)

    slugs = {result.slug for result in results}
    events = {event.id: event for event in await Event.all()}
    uids = [events[result.event_id].uid for result in results]
    assert len(slugs) == 3
    assert uids[0] == "a@b"
    assert len(set(uids)) == 3
    await save_event(
        SYSTEM, Change(replace(RICH, title="Autre"), organisation.id, results[0].event_id)
    )
    after = await Event.get(id=results[0].event_id)
    assert (after.uid, after.slug) == ("a@b", results[0].slug)


async def test_two_who_save_the_same_title_at_once_both_succeed(
    organisation: Organisation,
) -> None:
    results = await asyncio.gather(
        *(save_event(SYSTEM, Change(RICH, organisation.id)) for _ in range(6))
    )

    assert len({result.slug for result in results}) == 6


@pytest.mark.parametrize(
    ("role", "publication", "allowed"),
    [
        (None, Publication.DRAFT, False),
        (Role.CONTRIBUTOR, Publication.DRAFT, True),
        (Role.CONTRIBUTOR, Publication.SUBMITTED, True),
        (Role.CONTRIBUTOR, Publication.PUBLISHED, False),
        (Role.EDITOR, Publication.PUBLISHED, True),
        (Role.OWNER, Publication.PUBLISHED, True),
    ],
)
async def test_who_may_make_an_event_in_which_state(
    organisation: Organisation, role: Role | None, publication: Publication, *, allowed: bool
) -> None:
    actor = owner_of(organisation, role) if role else ANONYMOUS
    change = Change(RICH, organisation.id, publication=publication)

    if allowed:
        await save_event(actor, change)
    else:
        with pytest.raises(Denied):
            await save_event(actor, change)

    assert await Event.filter(publication=publication).count() == int(allowed)


async def test_an_event_is_not_moved_into_somebody_elses_organisation(
    organisation: Organisation,
) -> None:
    event = await saved(organisation)
    other = await people.create_organisation("Les Autres")

    with pytest.raises(Denied):
        await save_event(owner_of(organisation), Change(RICH, other.id, event.id))


async def test_what_is_not_there_is_said(organisation: Organisation) -> None:
    nowhere = UUID(int=7)

    with pytest.raises(NotFound):
        await save_event(SYSTEM, Change(RICH, nowhere))
    with pytest.raises(NotFound):
        await save_event(SYSTEM, Change(RICH, organisation.id, nowhere))


async def test_history_keeps_every_version(organisation: Organisation) -> None:
    event = await saved(organisation, action="created")
    await save_event(SYSTEM, Change(replace(RICH, title="Second titre"), organisation.id, event.id))

    revisions = await history(event.id)

    assert [(r.version, r.action, r.content.title) for r in revisions] == [
        (2, "edited", "Second titre"),
        (1, "created", RICH.title),
    ]
    assert revisions[1].content == RICH


async def test_places_are_found_again_whatever_their_case_and_accents(database: str) -> None:
    first = Place("Café de l’Étoile", "1 rue du Puits", "38000", "Grenoble")
    same = Place("CAFE DE L'ETOILE", "1, Rue du Puits", "", "grenoble")
    other = Place("Café de l’Étoile", "1 rue du Puits", "38500", "Voiron")

    ids = await find_or_create([first, same, other])
    again = await find_or_create([other, first])

    assert ids[0] == ids[1] != ids[2]
    assert again == [ids[2], ids[0]]
