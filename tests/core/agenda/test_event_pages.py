"""The page of an event, and of what leads to it: who sees it, and what it says."""

from datetime import timedelta

import httpx

from palabre.events.domain import transitions
from palabre.events.models import Venue
from palabre.events.values import (
    Accessibility,
    Image,
    Override,
    Price,
    Publication,
    Recurrence,
    Translation,
)
from palabre.events.words import when_in_words
from palabre.people.permissions import SYSTEM
from palabre.testing import LogIn
from palabre.web.typography import french

from .making import LATER, SOON, TODAY, at, organisation, place, publish
from .reading import read


async def test_drafts_are_seen_by_their_organisation_only(
    client: httpx.AsyncClient, login: LogIn
) -> None:
    by, other = await organisation(), await organisation("Autre")
    saved = await publish("Secret", SOON, by, Publication.DRAFT)
    path = f"/evenements/{saved.slug}"

    await read(client, path, status=404)
    await read(await login("editor", other), path, status=404)
    page = await read(await login("contributor", by), path)

    assert "Cet événement n’est pas public" in page.text
    assert not [link for link in page.links if link.endswith(".ics")]
    for public in (
        "/",
        "/agenda",
        f"/agenda/mois/{LATER:%Y-%m}",
        f"/organisations/{by.slug}",
        "/agenda?q=secret",
    ):
        assert "Secret" not in (await client.get(public)).text
    assert (await client.get("/api/v1/events")).json() == {"events": [], "next": None}


async def test_editors_find_their_tools_and_readers_do_not(
    client: httpx.AsyncClient, login: LogIn
) -> None:
    by = await organisation()
    path = f"/evenements/{(await publish('Repas', SOON, by)).slug}"

    mine = await (await login("editor", by)).get(path)
    theirs = await client.get(path)

    assert f'href="{path}/modifier"' in mine.text
    assert mine.headers["cache-control"] == "private, no-cache"
    assert "/modifier" not in theirs.text
    assert theirs.headers["cache-control"] == "public, max-age=0, must-revalidate"


async def test_what_was_public_and_left_is_gone(client: httpx.AsyncClient) -> None:
    saved = await publish("Concert", SOON)
    await transitions.withdraw(SYSTEM, saved.event_id)

    page = await read(client, f"/evenements/{saved.slug}", status=410)

    assert "n’est plus à l’agenda" in page.text
    assert "Concert" not in page.text


async def test_a_cancelled_event_says_so_everywhere(client: httpx.AsyncClient) -> None:
    saved = await publish("Concert", SOON)
    await transitions.cancel(SYSTEM, saved.event_id)

    for path in ("/agenda", f"/evenements/{saved.slug}", f"/agenda/mois/{LATER:%Y-%m}"):
        assert "Annulé" in (await read(client, path)).text


async def test_an_events_page_says_it_all(client: httpx.AsyncClient) -> None:
    hall = await place("Salle des fêtes", "Crolles")
    second = SOON.starts + timedelta(days=7)
    saved = await publish(
        "Atelier semences",
        SOON,
        description="Apportez vos graines.\n\nhttps://example.org/graines",
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"),
        overrides=(Override(second, cancelled=True),),
        venue_id=hall,
        price=Price.PAID,
        price_text="5 €, gratuit pour les enfants",
        accessibility=(Accessibility.MOTOR, Accessibility.HEARING),
        categories=("Atelier",),
        image=Image("https://images.example.org/a.jpg", "Des mains et des graines", "Alpha"),
        translations={"en": Translation("Seed workshop", "Bring your seeds.")},
    )

    page = await read(client, f"/evenements/{saved.slug}")
    english = await read(client, f"/en/evenements/{saved.slug}")

    for words in (
        "Atelier semences",
        "18 h 30",
        "Salle des fêtes",
        "Payant 5 €, gratuit pour les enfants",
        "Handicap moteur Handicap auditif",
        "Toutes les dates",
        "Annulé",
        "Des mains et des graines © Alpha",
    ):
        assert words in page.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert {
        f"/evenements/{saved.slug}.ics",
        f"webcal://agenda.example.org/evenements/{saved.slug}.ics",
        "/agenda?categorie=atelier",
        "https://images.example.org/a.jpg",
        "https://example.org/graines",
    } <= set(page.links)
    assert "Seed workshop" in english.text
    assert "Bring your seeds." in english.text


async def test_a_series_says_its_next_date(client: httpx.AsyncClient) -> None:
    first = TODAY - timedelta(days=10)
    saved = await publish(
        "Permanence",
        at(first.year, first.month, first.day, 17),
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=20"),
    )

    page = await read(client, f"/evenements/{saved.slug}")

    following = when_in_words(at(*(TODAY + timedelta(days=4)).timetuple()[:3], 17), "fr")
    assert french("Prochaine date : ") + following in " ".join(page.said).replace("  ", " ")
    assert {"2 dates passées", "12 autres dates"} <= set(page.said)


async def test_what_is_over_says_so(client: httpx.AsyncClient) -> None:
    day = TODAY - timedelta(days=3)
    saved = await publish("Repas", at(day.year, day.month, day.day))

    assert "Cet événement est passé." in (await read(client, f"/evenements/{saved.slug}")).text


async def test_elsewhere_has_its_own_clock(client: httpx.AsyncClient) -> None:
    when = at(LATER.year, LATER.month, LATER.day, 10, zone="Africa/Dakar")
    saved = await publish("Appel vidéo", when)

    for path in ("/agenda", f"/evenements/{saved.slug}"):
        page = await read(client, path)
        assert "10 h" in page.text
        assert "heure de Dakar" in page.text


async def test_a_merged_venue_leads_to_the_kept_one(client: httpx.AsyncClient) -> None:
    kept, double = await place("Salle des fêtes", "Crolles"), await place("Salle fêtes", "Crolles")
    await Venue.filter(id=double).update(merged_into_id=kept)
    slugs = {venue.id: venue.slug for venue in await Venue.all()}

    answer = await client.get(f"/lieux/{slugs[double]}")

    assert answer.status_code == 308
    assert answer.headers["location"] == f"/lieux/{slugs[kept]}"
