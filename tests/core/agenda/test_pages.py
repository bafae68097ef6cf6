"""Lists, months and weeks as readers get them, through the whole application."""

from collections.abc import Sequence
from datetime import date, timedelta

import httpx
import pytest

from palabre.agenda.core_filters import CORE_FILTERS, one_of
from palabre.agenda.filters import Filter
from palabre.agenda.sql import Arguments, Moment
from palabre.events.domain import transitions
from palabre.events.values import (
    Content,
    Price,
)
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.web.site import Site

from .making import (
    LATER,
    SOON,
    TODAY,
    all_day,
    at,
    organisation,
    place,
    publish,
    publish_all,
)
from .reading import Reader, read


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

    assert "Aucun événement, passé ou à venir, pour « atlantis »" in page.text
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


async def test_a_filter_registered_once_is_everywhere(
    client: httpx.AsyncClient, site: Site
) -> None:
    def long_titles(values: Sequence[str], arguments: Arguments, _moment: Moment) -> str:
        return f"length(e.title) >= {arguments.add(int(values[0]))}"

    choices = {"10": "Titres longs"}
    site.filters = (
        *CORE_FILTERS,
        Filter("titre", "Titre", one_of(choices), long_titles, choices=choices),
    )
    await publish("Repas", SOON)
    await publish("Repas partagé", SOON)

    page = await client.get("/agenda?titre=10")
    events = (await client.get("/api/v1/events?titre=10")).json()["events"]

    assert Reader(page.text).titles == ["Repas partagé"]
    assert "Titre : Titres longs" in Reader(page.text).text
    assert '<option value="10" selected>Titres longs' in page.text
    assert [event["title"] for event in events] == ["Repas partagé"]
    assert (await client.get("/agenda?titre=11")).status_code == 400


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


async def test_an_exhibition_is_listed_once(client: httpx.AsyncClient) -> None:
    await publish("Exposition", all_day(TODAY - timedelta(days=3), 30))

    page = await read(client, "/agenda")

    assert page.titles == ["Exposition"]
    assert "En ce moment" in page.text


async def test_a_known_page_is_304_and_a_changed_one_is_not(client: httpx.AsyncClient) -> None:
    by: Organisation = await organisation()
    first = await client.get("/organisations")

    again = await client.get("/organisations", headers={"if-none-match": first.headers["etag"]})
    other = await client.get("/agenda", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert by.name in first.text


async def test_all_organisations_are_listed_by_name(client: httpx.AsyncClient) -> None:
    names = [f"Alpha {n:03}" for n in range(120)] + ["Zébulon", "Éclaireurs"]
    for name in names:
        await organisation(name)

    first = await read(client, "/organisations")
    following = next(link for link in first.links if "?apres=" in link)
    second = await read(client, following)

    shown = [said for page in (first, second) for said in page.said if said in names]
    assert shown == [*names[:120], "Éclaireurs", "Zébulon"]
    assert await read(client, "/organisations?apres=%00%C3%A9")


async def test_weeks_and_months_lead_to_their_neighbours(client: httpx.AsyncClient) -> None:
    month = await read(client, "/agenda/mois/2027-01?prix=gratuit")
    week = await read(client, "/agenda/semaine/2026-W53")

    assert {"/agenda/mois/2026-12?prix=gratuit", "/agenda/mois/2027-02?prix=gratuit"} <= set(
        month.links
    )
    assert {"/agenda/semaine/2026-W52", "/agenda/semaine/2027-W01"} <= set(week.links)
    assert "/agenda/mois/1899-12" not in (await read(client, "/agenda/mois/1900-01")).links
    assert date(2026, 12, 28).isocalendar().week == 53
