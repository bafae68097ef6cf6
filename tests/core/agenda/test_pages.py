"""What readers get from the agenda's addresses, through the whole application."""

import re
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import httpx
import pytest

from palabre.agenda.core_filters import CORE_FILTERS
from palabre.events.domain import transitions
from palabre.events.models import Venue
from palabre.events.values import (
    Accessibility,
    Content,
    Image,
    Override,
    Price,
    Publication,
    Recurrence,
    Translation,
)
from palabre.events.words import when_in_words
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.testing import LogIn
from palabre.web.site import Site
from palabre.web.typography import french

from .conftest import ORIGIN
from .making import PARIS, all_day, at, organisation, place, publish, publish_all

TODAY = datetime.now(ZoneInfo(PARIS)).date()
LATER = TODAY + timedelta(days=20)
SOON = at(LATER.year, LATER.month, LATER.day, 18, 30)


class Reader(HTMLParser):
    """Reads a page as people and browsers do: its words, its links, what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.said: list[str] = []
        self.titles: list[str] = []
        self._title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "link" and given.get("rel") in {"stylesheet", "icon"}:
            self.fetched.append(given["href"] or "")
        if given.get("src"):
            self.fetched.append(given["src"] or "")
        self._title = self._title or "event-title" in (given.get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._title = self._title and tag != "h3"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append(data.strip())
            if self._title:
                self.titles.append(data.strip())

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.said))


async def read(client: httpx.AsyncClient, path: str, status: int = 200) -> Reader:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return Reader(answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/agenda",
        f"/agenda/mois/{LATER:%Y-%m}",
        "/agenda/mois",
        "/agenda/semaine",
        "/organisations",
        "/organisations/les-amis-de-la-foret",
        "/en/agenda",
        "/en/",
    ],
)
async def test_pages_answer_empty_and_full_and_fetch_nothing_elsewhere(
    client: httpx.AsyncClient, site: Site, path: str
) -> None:
    by = await organisation()

    for expected in ([], ["Fête <b>&amp;</b> forêt"]):
        answer = await client.get(path, follow_redirects=True)
        page = Reader(answer.text)
        assert answer.status_code == 200
        assert page.titles in (expected, [])
        assert all(address.startswith("/") for address in page.fetched), page.fetched
        assert "set-cookie" not in answer.headers
        await publish("Fête <b>&amp;</b> \u202eforêt", SOON, by)
        await site.feeds.settle()


async def test_a_kept_page_shows_the_next_change(client: httpx.AsyncClient, site: Site) -> None:
    assert (await read(client, "/agenda")).titles == []
    saved = await publish("Repas", SOON)
    await site.feeds.settle()
    assert (await read(client, "/agenda")).titles == ["Repas"]
    await transitions.withdraw(SYSTEM, saved.event_id)
    await site.feeds.settle()
    assert (await read(client, "/agenda")).titles == []


async def test_a_list_shows_day_hour_place_and_organiser(client: httpx.AsyncClient) -> None:
    hall = await place("Salle des fêtes", "Crolles")
    await publish("Repas partagé", SOON, venue_id=hall, price=Price.OPEN)

    page = await read(client, "/agenda")

    assert page.titles == ["Repas partagé"]
    for words in ("18 h 30", "Salle des fêtes, Crolles · Les Amis de la forêt", "Prix libre"):
        assert words in page.text


async def test_strangers_words_stay_words(client: httpx.AsyncClient) -> None:
    nasty = "<script>alert(1)</script> {{ 7*7 }} \"'"
    by = await organisation(nasty, description=nasty, url="https://example.org/?a=<b>")
    saved = await publish(nasty, SOON, by, description=nasty, categories=(nasty,), price_text=nasty)

    for path in (
        "/agenda",
        f"/evenements/{saved.slug}",
        f"/organisations/{by.slug}",
        "/organisations",
    ):
        answer = await client.get(path)
        assert "<script>alert" not in answer.text
        assert "49" not in Reader(answer.text).titles
    searched = await client.get("/agenda", params={"q": nasty})
    assert "<script>alert" not in searched.text


WRONG = [
    "du=32/13/2026",
    "quand=jamais",
    "public=chats",
    "q=" + "a" * 900,
    "apres=nonsense",
    "avant=%00",
]


async def test_a_wrong_filter_gets_a_sentence(client: httpx.AsyncClient) -> None:
    for query in WRONG:
        for path in ("/agenda", f"/agenda/mois/{TODAY:%Y-%m}", "/agenda/semaine/2026-W47"):
            page = await read(client, f"{path}?{query}", status=400)
            assert "à corriger" in page.text
        answer = await client.get(
            f"/api/v1/events?{query.replace('apres', 'cursor').replace('avant', 'cursor')}"
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"].endswith(".")


NOWHERE = [
    "/agenda/mois/2026-13",
    "/agenda/mois/0000-01",
    "/agenda/mois/99999-01",
    "/agenda/mois/%00",
    "/agenda/semaine/2026-W54",
    "/agenda/semaine/2026-11-1",
    "/evenements/rien",
    "/evenements/%00",
    "/evenements/" + "a" * 2000,
    "/organisations/rien",
    "/organisations/%00",
    "/lieux/rien",
    "/lieux/%0A",
]


NASTY = [
    "\0", "%", "%%s", "{{7*7}}", "<b>", "'; DROP TABLE core_event; --", "\u202e", "\ud7ff", "é" * 300,
    "-1", "1e9", "NaN", "2026-02-29", "9999-12-31", "0000-00-00", "31/12/2300", "null", "[]", "a" * 5000,
    "..%2f", "\\", "«»", "\r\n\r\n", "👩🏽‍🌾", "20261114T183000Z.99999999999999999999", "20261114T183000Z.-",
]  # fmt: skip


async def test_no_value_of_any_parameter_breaks_a_page(client: httpx.AsyncClient) -> None:
    await publish("Repas", SOON)
    names = [f.name for f in CORE_FILTERS] + ["apres", "avant", "cursor", "limit"]

    for name in names:
        for value in NASTY:
            for path in ("/agenda", "/api/v1/events"):
                answer = await client.get(path, params={name: value})
                assert answer.status_code in {200, 400, 422}, (path, name, value)


async def test_what_is_not_there_is_404(client: httpx.AsyncClient) -> None:
    for path in NOWHERE:
        await read(client, path, status=404)


async def test_names_that_nothing_bears_are_said(client: httpx.AsyncClient) -> None:
    await publish("Repas", SOON)

    page = await read(client, "/agenda?commune=atlantis")

    assert "Rien ne porte le nom « atlantis »" in page.text
    assert page.titles == []


async def test_chips_take_filters_away(client: httpx.AsyncClient) -> None:
    await publish("Repas", SOON, venue_id=await place("Salle", "Crolles"), price=Price.FREE)

    page = await read(client, "/agenda?prix=gratuit&commune=crolles&utm_source=lettre")

    assert "Commune : Crolles" in page.text
    assert {"/agenda?prix=gratuit", "/agenda?commune=crolles"} <= set(page.links)
    assert not [link for link in page.links if "utm_source" in link]
    webcal = "webcal://agenda.example.org/agenda.ics?commune=crolles&prix=gratuit"
    assert webcal in page.links


async def test_the_form_offers_what_there_is(client: httpx.AsyncClient) -> None:
    await publish("Repas", SOON, venue_id=await place("Salle", "Crolles"), categories=("Cinéma",))

    answer = await client.get("/agenda")

    for option in (">Crolles (1)<", ">Cinéma (1)<", ">Les Amis de la forêt (1)<", ">Prix libre<"):
        assert option in answer.text
    for f in CORE_FILTERS:
        assert f'name="{f.name}"' in answer.text or f.name == "lieu"


async def test_links_lead_through_the_whole_list(client: httpx.AsyncClient) -> None:
    by = await organisation()
    days = [TODAY + timedelta(days=n - 40) for n in range(100)]
    names = [f"Événement {n}" for n in range(100)]
    await publish_all(
        [
            Content(name, at(day.year, day.month, day.day, 12))
            for name, day in zip(names, days, strict=True)
        ],
        by,
    )
    opening = await read(client, f"/organisations/{by.slug}")
    found = list(opening.titles)

    for rel, page in (("avant", opening), ("apres", opening)):
        while ways := [link for link in page.links if f"?{rel}=" in link]:
            page = await read(client, ways[0])  # noqa: PLW2901  walking on is the point
            found += page.titles

    assert sorted(found) == sorted(names)


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


async def test_an_exhibition_is_listed_once(client: httpx.AsyncClient) -> None:
    await publish("Exposition", all_day(TODAY - timedelta(days=3), 30))

    page = await read(client, "/agenda")

    assert page.titles == ["Exposition"]
    assert "En ce moment" in page.text


async def test_a_merged_venue_leads_to_the_kept_one(client: httpx.AsyncClient) -> None:
    kept, double = await place("Salle des fêtes", "Crolles"), await place("Salle fêtes", "Crolles")
    await Venue.filter(id=double).update(merged_into_id=kept)
    slugs = {venue.id: venue.slug for venue in await Venue.all()}

    answer = await client.get(f"/lieux/{slugs[double]}")

    assert answer.status_code == 308
    assert answer.headers["location"] == f"/lieux/{slugs[kept]}"


async def test_the_api_pages_through_every_event_once(client: httpx.AsyncClient) -> None:
    by = await organisation()
    names = [f"Événement {n}" for n in range(25)]
    await publish_all([Content(name, SOON) for name in names], by)
    found: list[str] = []
    address = "/api/v1/events?limit=10&organisation=les-amis-de-la-foret"

    while address:
        body = (await client.get(address)).json()
        found += [event["title"] for event in body["events"]]
        assert body["next"] is None or body["next"].startswith(ORIGIN)
        address = body["next"]

    assert sorted(found) == sorted(names)


async def test_the_api_says_what_a_limit_is(client: httpx.AsyncClient) -> None:
    for limit in ["0", "501", "-1", "x", "²", "9" * 40]:
        answer = await client.get("/api/v1/events", params={"limit": limit})

        assert (answer.status_code, answer.json()["status"]) == (422, 422)


async def test_the_api_says_what_it_offers(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/")).json()

    assert body["events"] == f"{ORIGIN}/api/v1/events"
    assert set(body["parameters"]) == {"limit", "cursor"} | {f.name for f in CORE_FILTERS}


async def test_a_known_page_is_304_and_a_changed_one_is_not(client: httpx.AsyncClient) -> None:
    by: Organisation = await organisation()
    first = await client.get("/organisations")

    again = await client.get("/organisations", headers={"if-none-match": first.headers["etag"]})
    other = await client.get("/agenda", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert by.name in first.text


async def test_weeks_and_months_lead_to_their_neighbours(client: httpx.AsyncClient) -> None:
    month = await read(client, "/agenda/mois/2027-01?prix=gratuit")
    week = await read(client, "/agenda/semaine/2026-W53")

    assert {"/agenda/mois/2026-12?prix=gratuit", "/agenda/mois/2027-02?prix=gratuit"} <= set(
        month.links
    )
    assert {"/agenda/semaine/2026-W52", "/agenda/semaine/2027-W01"} <= set(week.links)
    assert "/agenda/mois/1899-12" not in (await read(client, "/agenda/mois/1900-01")).links
    assert date(2026, 12, 28).isocalendar().week == 53
