"""An editor whose event meets a failing guard reads what happened, and loses nothing."""

from html import unescape

import pytest

from palabre.events.models import Event
from palabre.people.models import Organisation
from palabre.people.permissions import SYSTEM
from palabre.plugins import Plugins
from palabre.plugins.domain import disable
from palabre.testing import LogIn, Make
from tests.hostile.conftest import Load

TYPED = {
    "title": "Veillée aux étoiles",
    "start_date": "2027-03-05",
    "start_time": "20:30",
    "zone": "Europe/Paris",
    "do": "save",
}


@pytest.fixture
def palabre_plugins(load: Load) -> Plugins:
    return load("raises")


@pytest.fixture
async def typed(make: Make) -> dict[str, str]:
    organisation: Organisation = await make.organisation()
    return {**TYPED, "organisation": str(organisation.id)}


async def test_the_form_says_so_and_keeps_what_was_typed(
    login: LogIn, typed: dict[str, str]
) -> None:
    member = await login("administrator")

    answer = await member.submit("/evenements/nouveau", typed)

    text = unescape(answer.text)
    assert answer.status_code == 422
    assert "L’extension « Capricieuse »" in text.replace("\xa0", " ")
    assert "rien n’est perdu" in text
    assert 'value="Veillée aux étoiles"' in text
    assert await Event.all().count() == 0


async def test_disabling_its_plugin_opens_the_way(
    login: LogIn, typed: dict[str, str], palabre_plugins: Plugins
) -> None:
    member = await login("administrator")
    await disable(SYSTEM, "raises")
    await palabre_plugins.refresh()

    answer = await member.submit("/evenements/nouveau", typed)

    assert answer.status_code == 303
    assert await Event.all().count() == 1
