"""The administrators' page says why each plugin doesn't take part, and offers the way back."""

import re
from html import unescape

import pytest

from palabre.hookvalues import EventView
from palabre.plugins import Plugins
from palabre.plugins.extension import FAILURES
from palabre.testing import LogIn
from tests.hostile.conftest import Load


@pytest.fixture
def palabre_plugins(load: Load) -> Plugins:
    return load("fails_at_import", "junk", "kind", "no_permission", "raises")


async def test_it_shows_reasons_and_brings_back(
    login: LogIn, palabre_plugins: Plugins, view: EventView
) -> None:
    member = await login("administrator")
    for _again in range(FAILURES):
        await palabre_plugins.slot("event_page", view)

    text = unescape((await member.get("/administration")).text)

    assert re.findall(r"<h2><a[^>]*>(\S+)</a> <span[^>]*>([^<]+)<", text) == [
        ("fails_at_import", "refusée"),
        ("Brocante", "en pause"),
        ("Gentille", "active"),
        ("Passoire", "refusée"),
        ("Capricieuse", "en pause"),
    ]
    assert "la configuration manque" in text
    assert "page_slot : ZeroDivisionError: slot" in text.replace("\xa0", " ")
    page = "/administration/extensions/raises"
    assert "Remettre en route" in (await member.get(page)).text

    await member.submit(page, {"do": "enable"})

    assert "Remettre en route" not in (await member.get(page)).text
