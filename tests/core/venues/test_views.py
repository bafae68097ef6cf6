"""Correcting a place and merging two, through the pages."""

from typing import TYPE_CHECKING

import pytest

from palabre.events.models import Event, Venue

if TYPE_CHECKING:
    from palabre.testing import LogIn, Make, Visitor

GOOD = {
    "name": "Halle de Mens",
    "address": "Place de la Halle",
    "postal_code": "38710",
    "commune": "Mens",
    "country": "fr",
    "latitude": "44,8153",
    "longitude": "5.7512",
    "url": "exemple.org",
    "accessibility": ["mi", "hi"],
}


async def test_an_editor_corrects_a_place_for_everybody(login: "LogIn", make: "Make") -> None:
    editor = await login("editor")
    venue = await make.venue()

    answer = await editor.submit(f"/lieux/{venue.slug}/modifier", GOOD)

    assert answer.headers["location"] == f"/lieux/{venue.slug}"
    after = await Venue.get(id=venue.id)
    assert (after.address, after.latitude, after.longitude) == (
        "Place de la Halle",
        44.8153,
        5.7512,
    )
    assert (after.country, after.url, after.accessibility) == (
        "FR",
        "https://exemple.org",
        ["hi", "mi"],
    )
    assert "Place de la Halle" in (await editor.get(f"/lieux/{venue.slug}")).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Donnez un nom"),
        ({"latitude": "nord"}, "Écrivez des degrés"),
        ({"latitude": "95"}, "de -90 à 90"),
        ({"longitude": ""}, "la latitude et la longitude"),
        ({"url": "javascript:alert(1)"}, "adresse"),
        ({"country": "France"}, "deux lettres"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_what_was_typed_is_kept(
    login: "LogIn", make: "Make", change: dict[str, str], words: str
) -> None:
    editor = await login("editor")
    venue = await make.venue()

    answer = await editor.submit(f"/lieux/{venue.slug}/modifier", GOOD | change)

    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Place de la Halle"' in answer.text
    assert (await Venue.get(id=venue.id)).address == ""


async def test_a_contributor_and_a_stranger_correct_nothing(
    client: "Visitor", login: "LogIn", make: "Make"
) -> None:
    venue = await make.venue()
    contributor = await login("contributor")

    answers = [
        await visitor.submit(f"/lieux/{venue.slug}/modifier", GOOD)
        for visitor in (client, contributor)
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert (await Venue.get(id=venue.id)).address == ""


async def test_a_moderator_merges_two_and_the_old_address_leads_to_the_kept_one(
    login: "LogIn", make: "Make"
) -> None:
    moderator = await login("moderator")
    kept, double = await make.venue("Halle de Mens"), await make.venue("La halle de Mens")
    event = await make.event(venue_id=double.id)

    page = await moderator.get(f"/lieux/{double.slug}/reunir")
    answer = await moderator.submit(f"/lieux/{double.slug}/reunir", {"into": kept.slug})

    assert "Halle de Mens" in page.text
    assert answer.headers["location"] == f"/lieux/{kept.slug}"
    assert (await Event.get(id=event.id)).venue_id == kept.id
    old = await moderator.get(f"/lieux/{double.slug}")
    assert old.headers["location"].endswith(f"/lieux/{kept.slug}")


async def test_a_place_is_not_merged_with_itself_nor_with_nothing(
    login: "LogIn", make: "Make"
) -> None:
    moderator = await login("moderator")
    venue = await make.venue()

    itself = await moderator.submit(f"/lieux/{venue.slug}/reunir", {"into": venue.slug})
    nothing = await moderator.submit(f"/lieux/{venue.slug}/reunir", {"into": "inconnu"})

    assert (itself.status_code, nothing.status_code) == (422, 404)
