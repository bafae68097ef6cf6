"""A reader looks for something to do: on a phone, without scripts, from the agenda to a calendar."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import PHONE
from tests.serving import Served

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
async def reader(browser: "Browser") -> AsyncIterator["Page"]:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False, locale="fr-FR")
    yield await context.new_page()
    await context.close()


async def test_from_the_agenda_to_an_event_by_filters(reader: "Page", demo_site: Served) -> None:
    await reader.goto(demo_site.url + "/agenda")
    await reader.get_by_text("Filtrer", exact=True).click()
    option = reader.locator("#f-commune option").nth(1)
    commune = await option.get_attribute("value")
    name = (await option.inner_text()).rpartition(" (")[0]

    await reader.locator("#f-commune").select_option(commune)
    await reader.get_by_role("button", name="Appliquer").click()

    assert f"commune={commune}" in reader.url
    meta = await reader.locator(".event-meta").all_inner_texts()
    assert meta
    assert all(name in text for text in meta)

    title = await reader.locator(".event-title a").first.inner_text()
    await reader.locator(".event-title a").first.click()

    assert await reader.locator("h1").inner_text() == title
    address = await reader.get_by_role("link", name="Ajouter").get_attribute("href")
    answer = await reader.request.get(f"{demo_site.url}{address}")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"


async def test_a_filter_is_taken_off_by_its_chip(reader: "Page", demo_site: Served) -> None:
    await reader.goto(demo_site.url + "/agenda?prix=gratuit&public=familles")

    await reader.get_by_role("link", name="Prix : Gratuit").click()

    assert reader.url == demo_site.url + "/agenda?public=familles"
    assert await reader.locator(".chip").count() == 1


async def test_search_forgives(reader: "Page", demo_site: Served) -> None:
    await reader.goto(demo_site.url + "/")

    await reader.get_by_role("searchbox").fill("KEDOUGOU exposition")
    await reader.get_by_role("searchbox").press("Enter")

    assert await reader.locator(".event-title").count() > 0


async def test_months_and_weeks_can_be_walked(reader: "Page", demo_site: Served) -> None:
    await reader.goto(demo_site.url + "/agenda")
    for view, way, neighbour in (("Mois", "mois", "Suivant"), ("Semaine", "semaine", "Suivante")):
        await reader.get_by_role("link", name=view, exact=True).click()
        before = reader.url

        await reader.get_by_role("link", name=neighbour).click()

        assert f"/agenda/{way}/" in reader.url
        assert reader.url != before
