"""The fixtures that plugin authors get: they give what they promise."""

import asyncpg
import pytest

from palabre.database.connection import fetchval
from palabre.events.models import Event
from palabre.events.values import Publication
from palabre.people.models import Role, SiteRole
from palabre.settings import Settings
from palabre.testing import LogIn, Make, Visitor
from palabre.web.site import Site


async def test_a_visitor_reads_the_site(client: Visitor) -> None:
    answer = await client.get("/healthz")

    assert answer.status_code == 200


async def test_what_is_made_is_in_the_database(database: str, make: Make) -> None:
    event = await make.event("Fête du pain", publication=Publication.DRAFT, price_text="5 €")

    found = await Event.get(slug="fete-du-pain")
    assert (found.id, found.publication, found.price_text) == (event.id, Publication.DRAFT, "5 €")


async def test_what_is_made_is_what_the_application_sees(client: Visitor, make: Make) -> None:
    event = await make.event("Fête du pain")

    answer = await client.get(f"/evenements/{event.slug}")

    assert "Fête du pain" in answer.text


@pytest.mark.parametrize("role", ["administrator", "moderator", "owner", "editor", "contributor"])
async def test_login_gives_the_role_asked_for(login: LogIn, make: Make, role: str) -> None:
    organisation = await make.organisation()

    visitor = await login(role, organisation)

    assert visitor.actor is not None
    on_site = frozenset({SiteRole(role)} if role in set(SiteRole) else ())
    assert visitor.actor.site_roles == on_site
    assert visitor.actor.roles == ({} if on_site else {organisation.id: Role(role)})
    assert (await visitor.submit("/deconnexion")).status_code == 303


async def test_the_same_database_for_all_fixtures(
    site: Site, settings: Settings, database: str, database_url: str, make: Make
) -> None:
    await make.user()
    connection = await asyncpg.connect(database_url)
    try:
        count = await connection.fetchval("SELECT count(*) FROM core_user")
    finally:
        await connection.close()

    assert database == database_url
    assert count == await fetchval("SELECT count(*) FROM core_user") == 1
    assert site.settings is settings
