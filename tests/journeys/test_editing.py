"""A volunteer's evening: an event written on a phone, published, changed, changed by two at once."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from palabre.demo import PASSWORD
from tests.conftest import PHONE
from tests.journeys.axe import violations
from tests.serving import Served

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

EDITOR = "redaction@demo.example"
# The Tuesday after next: whole weeks ahead, whatever today is.
TUESDAY = date.today() + timedelta(days=14 + (1 - date.today().weekday()) % 7)  # noqa: DTZ011  a browser's day


@pytest.fixture(params=["script", "no script"])
async def phone(browser: "Browser", request: pytest.FixtureRequest) -> AsyncIterator["Page"]:
    """A phone with and without JavaScript; an error of our scripts fails the test."""
    context = await browser.new_context(
        viewport=PHONE, locale="fr-FR", java_script_enabled=request.param == "script"
    )
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    await context.close()
    assert troubles == []


async def sign_in(page: "Page", site: Served) -> None:
    await page.goto(f"{site.url}/connexion")
    await page.fill("[name=email]", EDITOR)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main form button")
    await page.wait_for_url("**/mes-evenements")


async def press(page: "Page", name: str) -> None:
    async with page.expect_navigation():
        await page.click(f"main button:not([tabindex]):has-text('{name}')")


async def test_from_an_idea_to_the_agenda_and_two_editors(
    phone: "Page", demo_site: Served, request: pytest.FixtureRequest
) -> None:
    title = f"Veillée au tilleul {request.node.callspec.id}"
    await sign_in(phone, demo_site)

    # An idea becomes a form; the dates are looked at before anything is saved.
    await phone.click("main a:has-text('Nouvel événement')")
    await phone.select_option("[name=organisation]", index=1)
    await phone.fill("[name=title]", title)
    await phone.fill("[name=start_date]", str(TUESDAY))
    await phone.fill("[name=start_time]", "20:00")
    await phone.fill("[name=end_time]", "22:30")
    await phone.select_option("[name=repeat]", "weekly")
    await phone.fill("[name=until]", str(TUESDAY + timedelta(weeks=2)))
    if request.node.callspec.id == "no script":
        await press(phone, "Aperçu des dates")
    await phone.wait_for_selector("#apercu li:nth-of-type(3)")
    assert await phone.locator("#apercu li").count() == 3
    await phone.check(f"#apercu [value='{TUESDAY + timedelta(weeks=1)}T20:00']")

    # A mistake is explained, and nothing typed is lost.
    await phone.fill("[name=venue]", "un lieu que personne ne connaît")
    await press(phone, "Publier")
    assert "Aucun lieu connu" in await phone.inner_text("#erreurs")
    assert await phone.input_value("[name=title]") == title
    await phone.fill("[name=venue]", "")
    await phone.fill("[name=place_name]", "Sous le tilleul")
    await phone.fill("[name=place_commune]", "Mens")
    await press(phone, "Publier")
    assert "C’est publié" in await phone.inner_text("main")
    editing = phone.url.partition("?")[0]

    # Everybody sees it, with its two dates.
    await phone.goto(f"{demo_site.url}/agenda?q=tilleul&du={TUESDAY}")
    assert await phone.locator(f"text={title}").count() == 2
    await phone.locator(f"text={title}").first.click()
    assert "Mens" in await phone.inner_text("main")

    # Two tabs, two editors: the second save shows both versions.
    other = await phone.context.new_page()
    await other.goto(editing)
    await phone.goto(editing)
    await phone.fill("[name=description]", "Apportez un coussin.")
    await press(phone, "Enregistrer")
    await other.fill("[name=title]", f"{title} reportée")
    await press(other, "Enregistrer")
    assert "Deux versions à réunir" in await other.inner_text("h1")
    assert await other.locator("input[type=radio]:checked").count() == 2
    await press(other, "Enregistrer ces choix")

    # Nothing is lost, and the history tells it all.
    assert await other.input_value("[name=title]") == f"{title} reportée"
    assert await other.input_value("[name=description]") == "Apportez un coussin."
    await other.click("a:has-text('Historique')")
    assert "a réuni deux versions" in await other.inner_text("main")


async def test_axe_finds_nothing_on_the_editors_pages(
    browser: "Browser", demo_site: Served
) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 640}, locale="fr-FR")
    page = await context.new_page()
    await sign_in(page, demo_site)
    address = await page.get_attribute(".desk-row a", "href")
    found: dict[str, list[str]] = {}
    wide: dict[str, int] = {}

    for path in ("/mes-evenements", "/evenements/nouveau", address, f"{address}/../historique"):
        await page.goto(f"{demo_site.url}{path}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found[str(path)] = await violations(page)
        wide[str(path)] = await page.evaluate("document.documentElement.scrollWidth")
    await context.close()

    assert {path: lines for path, lines in found.items() if lines} == {}
    assert {path: width for path, width in wide.items() if width > 320} == {}
