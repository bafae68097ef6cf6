"""The festival's page shows its events; each of them says that it belongs."""

from datetime import date

from palabre.testing import Make, Visitor
from palabre_festival.domain import CATEGORY, edition_at, editions


async def test_the_page_shows_the_coming_events_of_the_festival(
    client: Visitor, make: Make
) -> None:
    await make.event("Soupe et palabre", categories=("Repas", "festival des solidarites"))
    await make.event("Assemblée générale", categories=("Réunion",))

    text = (await client.get("/festival")).text

    assert "Soupe et palabre" in text
    assert "Assemblée générale" not in text
    assert 'href="/agenda?categorie=festival-des-solidarites"' in text


async def test_without_events_it_says_so(client: Visitor) -> None:
    text = (await client.get("/festival")).text

    assert "Aucune rencontre du festival n’est annoncée pour le moment." in text


async def test_an_event_of_the_festival_leads_to_its_programme(client: Visitor, make: Make) -> None:
    own = await make.event("Soupe et palabre", categories=(CATEGORY,))
    other = await make.event("Assemblée générale")

    assert (
        'href="/festival">Voir le programme' in (await client.get(f"/evenements/{own.slug}")).text
    )
    assert "Voir le programme" not in (await client.get(f"/evenements/{other.slug}")).text


async def test_the_menu_leads_to_it(client: Visitor) -> None:
    assert '<a href="/festival"' in (await client.get("/agenda")).text


def test_editions_are_known_dates_latest_first() -> None:
    assert [edition.year for edition in editions()] == [2025, 2024, 2023, 2022, 2021]
    assert all((e.last_day - e.first_day).days == 16 for e in editions())


def test_the_next_edition_is_never_computed() -> None:
    during, after = edition_at(date(2024, 11, 20)), edition_at(date(2025, 12, 1))

    assert during is not None
    assert during.year == 2024
    assert after is None
