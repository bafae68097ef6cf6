"""An event's life, state by state, and what its subscribers are told."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from palabre.database.connection import fetch, fetchval
from palabre.errors import Conflict, Denied, NotFound, Refused
from palabre.events.domain import transitions, venues
from palabre.events.domain.derived import keep_origin
from palabre.events.domain.reading import content_of_event, history
from palabre.events.domain.saving import Change, save_event
from palabre.events.models import Event
from palabre.events.values import Content, Override, Place, Publication, Recurrence, Status, Timed
from palabre.people import domain as people
from palabre.people.models import Organisation, Role
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor

PARIS = ZoneInfo("Europe/Paris")
WHEN = Timed(
    datetime(2026, 10, 24, 20, tzinfo=PARIS),
    datetime(2026, 10, 24, 22, tzinfo=PARIS),
    "Europe/Paris",
)
CONTENT = Content(title="Veillée", when=WHEN, description="Au coin du feu.")


@pytest.fixture
async def organisation(database: str) -> Organisation:
    return await people.create_organisation("Les Voisins")


async def make(
    organisation: Organisation, publication: Publication, content: Content = CONTENT
) -> Event:
    change = Change(content, organisation.id, publication=publication)
    return await Event.get(id=(await save_event(SYSTEM, change)).event_id)


async def feed_text(event: Event) -> str:
    return bytes(
        await fetchval("SELECT ics FROM core_fragment WHERE event_id = $1", event.id) or b""
    ).decode()


MOVES = {
    "submit": transitions.submit,
    "take_back": transitions.take_back,
    "publish": transitions.publish,
    "withdraw": transitions.withdraw,
}


@pytest.mark.parametrize(
    ("move", "allowed_from", "to"),
    [
        ("submit", {"draft", "refused", "submitted"}, "submitted"),
        ("take_back", {"draft", "submitted", "refused"}, "draft"),
        (
            "publish",
            {"draft", "submitted", "refused", "withdrawn", "published"},
            "published",
        ),
        ("withdraw", {"published", "withdrawn"}, "withdrawn"),
    ],
)
async def test_each_move_starts_where_it_may(
    organisation: Organisation, move: str, allowed_from: set[str], to: str
) -> None:
    for start in Publication:
        event = await make(organisation, start)
        if start in allowed_from:
            await MOVES[move](SYSTEM, event.id)
            assert (await Event.get(id=event.id)).publication == to
        else:
            with pytest.raises(Refused):
                await MOVES[move](SYSTEM, event.id)
            assert (await Event.get(id=event.id)).publication == start


async def test_a_refusal_needs_a_reason_and_keeps_it(organisation: Organisation) -> None:
    event = await make(organisation, Publication.SUBMITTED)

    with pytest.raises(Refused) as refused:
        await transitions.refuse(SYSTEM, event.id, "  ")
    await transitions.refuse(SYSTEM, event.id, "Il manque l’adresse.")

    after = await Event.get(id=event.id)
    assert refused.value.field == "reason"
    assert (after.publication, after.refusal_reason) == (
        Publication.REFUSED,
        "Il manque l’adresse.",
    )


async def test_a_contributor_submits_and_an_editor_publishes(organisation: Organisation) -> None:
    user = await people.create_user("b@exemple.fr", "Bénévole", "un-mot-de-passe-long")
    contributor = Actor(user_id=user.id, roles={organisation.id: Role.CONTRIBUTOR})
    saved = await save_event(contributor, Change(CONTENT, organisation.id))

    await transitions.submit(contributor, saved.event_id)
    with pytest.raises(Denied):
        await transitions.publish(contributor, saved.event_id)
    await transitions.publish(Actor(roles={organisation.id: Role.EDITOR}), saved.event_id)

    assert [r.action for r in await history(saved.event_id)] == [
        "published",
        "submitted",
        "edited",
    ]


async def test_strangers_do_not_learn_that_a_draft_exists(organisation: Organisation) -> None:
    event = await make(organisation, Publication.DRAFT)

    for stranger in (ANONYMOUS, Actor(roles={event.id: Role.OWNER})):
        with pytest.raises(NotFound):
            await transitions.publish(stranger, event.id)


async def test_cancelling_shows_at_once_in_the_feed_and_can_be_undone(
    organisation: Organisation,
) -> None:
    event = await make(organisation, Publication.PUBLISHED)

    await transitions.cancel(SYSTEM, event.id)
    cancelled = await feed_text(event)
    await transitions.reinstate(SYSTEM, event.id)
    back = await feed_text(event)

    assert "STATUS:CANCELLED" in cancelled
    assert "SUMMARY:Annulé" in cancelled
    assert "SEQUENCE:1" in cancelled
    assert "STATUS:CANCELLED" not in back
    assert "SEQUENCE:2" in back


async def test_drafts_never_reach_the_feed(organisation: Organisation) -> None:
    for publication in (Publication.DRAFT, Publication.SUBMITTED, Publication.REFUSED):
        await make(organisation, publication)

    assert await fetch("SELECT * FROM core_fragment") == []


async def test_withdrawing_leaves_a_tombstone_without_its_words_and_comes_back(
    organisation: Organisation,
) -> None:
    event = await make(organisation, Publication.PUBLISHED)

    await transitions.withdraw(SYSTEM, event.id)
    gone = await feed_text(event)
    await transitions.publish(SYSTEM, event.id)
    back = await feed_text(event)

    assert "STATUS:CANCELLED" in gone
    assert "coin du feu" not in gone
    assert f"UID:{event.uid}" in back
    assert "coin du feu" in back
    assert (await Event.get(id=event.id)).gone_at is None


async def test_deleting_a_draft_is_for_good_and_a_published_event_is_withdrawn(
    organisation: Organisation,
) -> None:
    draft = await make(organisation, Publication.DRAFT)
    public = await make(organisation, Publication.PUBLISHED)

    await transitions.delete(SYSTEM, draft.id)
    await transitions.delete(SYSTEM, public.id)

    assert not await Event.exists(id=draft.id)
    assert (await Event.get(id=public.id)).publication == Publication.WITHDRAWN
    assert "STATUS:CANCELLED" in await feed_text(public)


async def test_an_old_version_moves_nothing(organisation: Organisation) -> None:
    event = await make(organisation, Publication.DRAFT)
    await save_event(SYSTEM, Change(replace(CONTENT, title="Neuf"), organisation.id, event.id))

    with pytest.raises(Conflict):
        await transitions.publish(SYSTEM, event.id, version=1)
    with pytest.raises(Conflict):
        await transitions.delete(SYSTEM, event.id, version=1)

    assert (await Event.get(id=event.id)).publication == Publication.DRAFT


async def test_a_copy_a_week_later_keeps_its_hour_over_the_change_of_clocks(
    organisation: Organisation,
) -> None:
    event = await make(organisation, Publication.PUBLISHED)

    saved = await transitions.duplicate(SYSTEM, event.id, timedelta(days=7))

    copy = await Event.get(id=saved.event_id)
    when = content_of_event(copy).when
    assert copy.publication == Publication.DRAFT
    assert copy.uid != event.uid
    assert when.starts == datetime(2026, 10, 31, 20, tzinfo=PARIS)


async def test_merged_venues_take_their_events_and_tell_subscribers(
    organisation: Organisation,
) -> None:
    kept, double = await venues.find_or_create(
        [Place("Salle des fêtes", commune="Voiron"), Place("La salle des fêtes", commune="Voiron")]
    )
    single = Override(WHEN.starts, venue_id=double)
    weekly = Recurrence("FREQ=WEEKLY;COUNT=3")
    content = replace(CONTENT, venue_id=double, recurrence=weekly, overrides=(single,))
    event = await make(organisation, Publication.PUBLISHED, content)

    moved = await venues.merge(SYSTEM, "la-salle-des-fetes-voiron", "salle-des-fetes-voiron")

    after = await Event.get(id=event.id)
    assert moved == 1
    assert after.venue_id == kept
    assert content_of_event(after).overrides[0].venue_id == kept
    assert after.sequence == event.sequence + 1
    assert "LOCATION:Salle des fêtes" in await feed_text(event)
    assert await venues.find_or_create([Place("La salle des fêtes", commune="Voiron")]) == [kept]


async def test_a_corrected_venue_tells_the_subscribers_of_its_events(
    organisation: Organisation,
) -> None:
    [venue] = await venues.find_or_create([Place("Salle des fetes", commune="Voiron")])
    event = await make(organisation, Publication.PUBLISHED, replace(CONTENT, venue_id=venue))

    corrected = Place("Salle des fêtes", "1 rue du Puits", "38500", "Voiron", "FR", 45.36, 5.59)
    await venues.edit(SYSTEM, "salle-des-fetes-voiron", corrected)

    text = (await feed_text(event)).replace("\r\n ", "")
    assert "1 rue du Puits" in text
    assert "GEO:45.360000;5.590000" in text
    assert (await Event.get(id=event.id)).sequence == event.sequence + 1


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (Place(""), "name"),
        (Place("a" * 201), "name"),
        (Place("Salle", country="France"), "country"),
        (Place("Salle", latitude=91.0, longitude=5.0), "latitude"),
        (Place("Salle", latitude=float("nan"), longitude=5.0), "latitude"),
        (Place("Salle", latitude=45.0, longitude=-181.0), "longitude"),
        (Place("Salle", latitude=45.0), "longitude"),
    ],
)
def test_an_impossible_place_is_refused_by_field(place: Place, field: str) -> None:
    with pytest.raises(Refused) as refused:
        venues.clean_place(place)

    assert refused.value.field == field


async def test_only_those_who_publish_correct_places_and_only_moderators_merge_them(
    organisation: Organisation,
) -> None:
    await venues.find_or_create([Place("A", commune="Voiron"), Place("B", commune="Voiron")])
    contributor = Actor(roles={organisation.id: Role.CONTRIBUTOR})
    editor = Actor(roles={organisation.id: Role.EDITOR})

    for actor in (ANONYMOUS, contributor):
        with pytest.raises(Denied):
            await venues.edit(actor, "a-voiron", Place("C"))
    for actor in (ANONYMOUS, contributor, editor):
        with pytest.raises(Denied):
            await venues.merge(actor, "a-voiron", "b-voiron")


async def test_a_new_address_of_the_site_is_told_to_subscribers(
    organisation: Organisation,
) -> None:
    await keep_origin("http://127.0.0.1:8000")
    event = await make(organisation, Publication.PUBLISHED)

    await keep_origin("https://agenda.example.org")
    await keep_origin("https://agenda.example.org")

    text = (await feed_text(event)).replace("\r\n ", "")
    assert f"\r\nURL:https://agenda.example.org/evenements/{event.slug}" in text
    assert "SEQUENCE:1" in text


async def test_co_organisers_are_named_in_feed_and_found_by_their_lists(
    organisation: Organisation,
) -> None:
    other = await people.create_organisation("Les Cousins")
    both = (other.id, organisation.id)
    event = await make(organisation, Publication.PUBLISHED, replace(CONTENT, co_organiser_ids=both))

    rows = await fetch("SELECT organisation_id FROM core_co_organiser")

    assert [row["organisation_id"] for row in rows] == [other.id]
    assert content_of_event(event).co_organiser_ids == both
    assert "Les Cousins" in (await feed_text(event)).replace("\r\n ", "")
    assert (await history(event.id))[0].content.co_organiser_ids == both


async def test_all_six_fates_can_be_said(organisation: Organisation) -> None:
    for status in Status:
        event = await make(organisation, Publication.PUBLISHED, replace(CONTENT, status=status))
        assert content_of_event(event).status is status
