import re

import pytest

from palabre.events.values import Publication
from palabre.settings import Settings
from palabre.testing import Make, Visitor

ORIGIN = "https://palabre.example"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": ORIGIN})


def addresses(page: str) -> tuple[str, str, str]:
    """Return what the page offers: the webcal link, the address to copy, the alternate link."""
    webcal = re.search(r'class="button primary" href="([^"]+)"', page)
    shown = re.search(r'id="feed-address" type="url" readonly value="([^"]+)"', page)
    alternate = re.search(r'type="text/calendar" title="[^"]*" href="([^"]+)"', page)
    assert webcal is not None
    assert shown is not None
    assert alternate is not None
    return webcal[1], shown[1], alternate[1]


async def test_the_whole_agenda(client: Visitor) -> None:
    answer = await client.get("/abonnement")

    assert answer.status_code == 200
    assert addresses(answer.text) == (
        "webcal://palabre.example/agenda.ics",
        f"{ORIGIN}/agenda.ics",
        f"{ORIGIN}/agenda.ics",
    )


async def test_a_selection_is_shown_and_may_be_changed(client: Visitor) -> None:
    answer = await client.get("/abonnement?prix=gratuit&q=forêt&inconnu=1")

    assert addresses(answer.text)[1] == f"{ORIGIN}/agenda.ics?prix=gratuit&amp;q=for%C3%AAt"
    assert 'href="/agenda?prix=gratuit&amp;q=for%C3%AAt"' in answer.text
    assert 'class="chip" href="/abonnement?q=for%C3%AAt"' in answer.text


async def test_a_selection_that_cant_be_meant_is_said(client: Visitor) -> None:
    answer = await client.get("/abonnement?du=hier-soir")

    assert answer.status_code == 422
    assert "<h1>Quelque chose est à corriger</h1>" in answer.text


async def test_the_list_of_one_thing(client: Visitor, make: Make) -> None:
    organisation = await make.organisation("Les Amis <de> la forêt")
    event = await make.event("Soupe & palabre", organisation=organisation)

    of_organisation = await client.get(f"/abonnement?liste=/organisations/{organisation.slug}")
    of_event = await client.get(f"/abonnement?liste=/evenements/{event.slug}")

    assert "<h1>Les Amis &lt;de&gt; la forêt</h1>" in of_organisation.text
    assert addresses(of_organisation.text)[0] == (
        f"webcal://palabre.example/organisations/{organisation.slug}.ics"
    )
    assert "<h1>Soupe &amp; palabre</h1>" in of_event.text


async def test_a_draft_has_no_list(client: Visitor, make: Make) -> None:
    event = await make.event("Secret", publication=Publication.DRAFT)

    answer = await client.get(f"/abonnement?liste=/evenements/{event.slug}")

    assert answer.status_code == 404
    assert "Secret" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "//evil.example/organisations/a",
        "/organisations/",
        "/organisations/a.ics",
        "/agenda",
        "/organisations/rien",
        "/lieux/" + "a" * 500,
        "https://evil.example",
        "\x00",
        "/lieux/\u202ea",
    ],
)
async def test_other_lists_do_not_exist(client: Visitor, path: str) -> None:
    answer = await client.get("/abonnement", params={"liste": path})

    assert answer.status_code == 404
    assert 'href="https://evil' not in answer.text
    assert 'href="//evil' not in answer.text
