"""The demo: invented, plausible, the same for the same day, and never mixed with real events."""

from datetime import date, timedelta

import pytest

from palabre import demo
from palabre.database.connection import fetch
from palabre.errors import Refused
from palabre.events.models import Event, Venue
from palabre.events.values import Publication, Status
from palabre.people import domain as people
from palabre.people.models import Organisation, Role, SiteRole, User
from palabre.people.permissions import can
from palabre.people.sessions import actor_of_user

TODAY = date(2026, 11, 23)

_WORDS = """
SELECT e.uid, e.slug, e.title, e.starts_at, e.starts_on, e.time_zone, e.rrule, e.status,
       e.publication, v.slug AS venue, o.slug AS organiser
FROM core_event e LEFT JOIN core_venue v ON v.id = e.venue_id
JOIN core_organisation o ON o.id = e.organisation_id ORDER BY e.uid
"""


@pytest.mark.usefixtures("database")
async def test_about_150_events_of_every_kind() -> None:
    count = await demo.load(TODAY)

    events = await Event.all()
    assert 140 <= count == len(events) <= 170
    assert {event.status for event in events} >= set(Status) - {Status.MOVED_ONLINE}
    assert {event.publication for event in events} == {
        Publication.DRAFT,
        Publication.SUBMITTED,
        Publication.PUBLISHED,
    }
    assert {event.time_zone for event in events} == {
        "Europe/Paris",
        "Africa/Dakar",
        "Asia/Yerevan",
    }
    assert sum(bool(event.rrule) for event in events) >= 4
    assert sum(event.starts_on is not None for event in events) >= 5
    assert all(event.is_demo for event in events)
    assert all(venue.is_demo for venue in await Venue.all())


@pytest.mark.usefixtures("database")
async def test_there_is_a_login_for_each_role_and_an_organisation_to_import_into() -> None:
    await demo.load(TODAY)

    organisation = await Organisation.get(slug=demo.IMPORT_ORGANISATION)
    actors = [
        await actor_of_user(await people.authenticate(account.email, demo.PASSWORD))
        for account in demo.ACCOUNTS
    ]

    assert {role for actor in actors for role in actor.roles.values()} == set(Role)
    assert {role for actor in actors for role in actor.site_roles} == set(SiteRole)
    assert sum(can(actor, "organisation.import", organisation) for actor in actors) >= 2
    assert await User.filter(is_demo=False).count() == 0


async def test_the_same_day_gives_the_same_demo(database: str) -> None:
    await demo.load(TODAY)
    first = [tuple(row.values()) for row in await fetch(_WORDS)]
    for table in ("event", "venue", "organisation", "user"):
        await fetch(f"TRUNCATE core_{table} CASCADE")

    await demo.load(TODAY)

    assert [tuple(row.values()) for row in await fetch(_WORDS)] == first


@pytest.mark.usefixtures("database")
async def test_a_site_in_use_is_never_filled_with_inventions() -> None:
    await people.create_organisation("Une vraie association")

    with pytest.raises(Refused):
        await demo.load(TODAY)

    assert not await Event.exists()


@pytest.mark.parametrize("offset", range(14))
def test_the_season_has_begun_and_is_not_over_whatever_the_day(offset: int) -> None:
    today = TODAY + timedelta(days=offset)

    first = demo.first_friday(today)

    assert first.weekday() == 4
    assert 4 <= (today - first).days <= 10
