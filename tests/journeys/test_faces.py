"""What every public page owes its readers: on a phone, in the dark, by keyboard, without scripts."""

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

from tests.journeys.axe import violations
from tests.serving import Served

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Response

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/agenda",
    "/agenda?q=foret&prix=gratuit",
    "/agenda?commune=nulle-part&du=hier",
    "/agenda/mois/2026-11",
    "/agenda/semaine/2026-W48",
    "/organisations",
    "/organisations/tetraktys",
    "/abonnement",
    "/abonnement?commune=voiron&prix=gratuit",
    "/connexion",
    "/connexion/lien",
    "/mot-de-passe-oublie",
    "/festival",
    "/correspondance",
    "/forets",
    "/nulle-part",
    "/en/abonnement",
]
SCHEMES = ["light", "dark"]
# WCAG 2.2, 1.4.10: 1280 px at 400 % are 320 px.
SMALLEST = {"width": 320, "height": 640}
FIRST_ROUND_TRIP = 14 * 1024  # bytes: ten segments of 1460, what a server sends before an answer
WITHOUT_IMAGES = 60 * 1024  # bytes


@asynccontextmanager
async def reading(browser: "Browser", scheme: Literal["light", "dark"]) -> AsyncIterator["Page"]:
    """Give a page on the smallest screen, by day or by night."""
    context = await browser.new_context(
        viewport=SMALLEST, color_scheme=scheme, reduced_motion="reduce"
    )
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def reader(browser: "Browser") -> AsyncIterator["Page"]:
    """A reader on the smallest screen."""
    async with reading(browser, "light") as page:
        yield page


@pytest.fixture(params=SCHEMES)
async def reader_by_day_and_night(
    browser: "Browser", request: pytest.FixtureRequest
) -> AsyncIterator["Page"]:
    """The same in both colour schemes."""
    async with reading(browser, request.param) as page:
        yield page


async def unfold(page: "Page") -> None:
    """Open everything that can be opened, as somebody who looks everywhere would."""
    await page.evaluate(
        "document.querySelectorAll('details').forEach(d => { d.name = ''; d.open = true })"
    )


async def test_axe_finds_nothing(reader_by_day_and_night: "Page", demo_site: Served) -> None:
    reader = reader_by_day_and_night
    found: dict[str, list[str]] = {}

    for path in PAGES:
        await reader.goto(demo_site.url + path)
        await unfold(reader)
        found[path] = await violations(reader)

    assert {path: lines for path, lines in found.items() if lines} == {}


async def test_nothing_sticks_out_of_the_smallest_screen(reader: "Page", demo_site: Served) -> None:
    wide: dict[str, int] = {}

    for path in PAGES:
        await reader.goto(demo_site.url + path)
        await unfold(reader)
        wide[path] = await reader.evaluate("document.documentElement.scrollWidth")

    assert {path: width for path, width in wide.items() if width > SMALLEST["width"]} == {}


async def test_text_may_be_spaced_out(reader: "Page", demo_site: Served) -> None:
    """WCAG 2.2, 1.4.12: more space between lines, words and letters cuts nothing off."""
    style = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"

    for path in ("/", "/agenda", "/abonnement", "/connexion"):
        await reader.goto(demo_site.url + path)
        await reader.evaluate(
            "s => { const sheet = new CSSStyleSheet(); sheet.replaceSync(s);"
            " document.adoptedStyleSheets.push(sheet) }",
            style,
        )
        clipped = await reader.evaluate(
            "[...document.querySelectorAll('a, button, h1, h2, h3, p, summary, label')]"
            ".filter(e => e.offsetParent && !e.closest('.visually-hidden, .skip-link')"
            " && getComputedStyle(e).overflow !== 'visible' && e.scrollWidth > e.clientWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 120))"
        )
        assert clipped == []
        assert await reader.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]


async def test_the_keyboard_reaches_the_content_first(page: "Page", demo_site: Served) -> None:
    await page.goto(demo_site.url + "/agenda")

    await page.keyboard.press("Tab")
    skip = await page.evaluate("document.activeElement.textContent")
    seen = await page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    await page.keyboard.press("Enter")

    assert (skip, seen) == ("Aller au contenu", True)
    assert urlsplit(page.url).fragment == "contenu"


async def test_focus_shows(page: "Page", demo_site: Served) -> None:
    await page.goto(demo_site.url + "/connexion")

    for _ in range(12):
        await page.keyboard.press("Tab")
        outline = await page.evaluate(
            "(e => e === document.body ? '' : getComputedStyle(e).outline)(document.activeElement)"
        )
        assert outline == "" or "3px" in outline


async def test_an_address_is_copied(page: "Page", demo_site: Served) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(demo_site.url + "/abonnement?commune=voiron")

    await page.get_by_role("button", name="Copier").click()
    await page.get_by_role("button", name="Copié ✓").wait_for()
    copied = await page.evaluate("navigator.clipboard.readText()")

    assert copied == f"{demo_site.url}/agenda.ics?commune=voiron"


async def test_the_guide_links_webcal_and_shows_the_address(
    page: "Page", demo_site: Served
) -> None:
    """FEED.md P01 to P03."""
    await page.goto(demo_site.url + "/abonnement")
    host = urlsplit(demo_site.url).netloc

    link = page.get_by_role("link", name="S’abonner sur cet appareil")
    shown = page.get_by_label("L’adresse à copier")

    assert await link.get_attribute("href") == f"webcal://{host}/agenda.ics"
    assert await shown.input_value() == f"{demo_site.url}/agenda.ics"
    assert await page.locator('link[rel=alternate][type="text/calendar"]').count() == 1


async def test_a_switch_of_language_keeps_the_page(page: "Page", demo_site: Served) -> None:
    await page.goto(demo_site.url + "/agenda?prix=gratuit")

    await page.get_by_role("link", name="English").click()
    english = page.url
    await page.get_by_role("navigation").first.get_by_role("link").nth(1).click()
    elsewhere = page.url
    await page.get_by_role("link", name="Français").click()

    assert english == f"{demo_site.url}/en/agenda?prix=gratuit"
    assert elsewhere == f"{demo_site.url}/en/organisations"
    assert page.url == f"{demo_site.url}/organisations"


async def test_everything_is_there_without_scripts(browser: "Browser", demo_site: Served) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()

    await page.goto(demo_site.url + "/abonnement")
    await page.get_by_text("Google Agenda", exact=True).first.click()

    assert await page.get_by_text("À partir de l’URL").is_visible()
    assert await page.get_by_role("button", name="Copier").count() == 0
    await context.close()


MEMBERS_PAGES = [
    "/compte",
    "/mes-evenements",
    "/moderation",
    "/evenements/nouveau",
    "/administration",
    "/administration/apparence",
    "/organisations/demo-import/import",
]


async def test_axe_finds_nothing_for_those_who_write(reader: "Page", demo_site: Served) -> None:
    await reader.goto(demo_site.url + "/connexion")
    await reader.get_by_label("Adresse électronique").fill("administration@demo.example")
    await reader.get_by_label("Mot de passe").fill("sous-l-arbre-a-palabres")
    await reader.get_by_role("button", name="Se connecter").click()
    found: dict[str, list[str]] = {}

    for path in MEMBERS_PAGES:
        answer = await reader.goto(demo_site.url + path)
        assert answer is not None
        assert answer.status == 200
        await unfold(reader)
        width = await reader.evaluate("document.documentElement.scrollWidth")
        found[path] = await violations(reader) + ([f"{width} px"] if width > 320 else [])

    assert {path: lines for path, lines in found.items() if lines} == {}


async def test_menus_close_on_escape(page: "Page", demo_site: Served) -> None:
    await page.goto(demo_site.url + "/connexion")
    await page.get_by_label("Adresse électronique").fill("redaction@demo.example")
    await page.get_by_label("Mot de passe").fill("sous-l-arbre-a-palabres")
    await page.get_by_role("button", name="Se connecter").click()
    menu = page.locator("details.menu")

    await menu.locator("summary").click()
    opened = await menu.get_by_role("link").count()
    await page.keyboard.press("Escape")

    assert opened >= 2
    assert await menu.get_attribute("open") is None
    assert await violations(page) == []


@pytest.fixture
async def answers(browser: "Browser", demo_site: Served) -> AsyncIterator[list["Response"]]:
    """Every answer that the first visit of the welcome page asks for."""
    context = await browser.new_context()
    page = await context.new_page()
    got: list[Response] = []
    page.on("response", lambda answer: got.append(answer))  # noqa: PLW0108  playwright marks what it is given
    await page.goto(demo_site.url + "/", wait_until="networkidle")
    yield got
    await context.close()


async def test_the_first_page_is_light(answers: list["Response"], demo_site: Served) -> None:
    """HTML and CSS, compressed, in the first round trip; everything else stays small too."""
    sizes = {
        answer.url: len(gzip.compress(await answer.body()))
        for answer in answers
        if "image/png" not in answer.headers["content-type"]
    }
    first = sum(
        size for url, size in sizes.items() if re.search(r"\.css$", url) or url.endswith("/")
    )

    assert {urlsplit(answer.url).netloc for answer in answers} == {urlsplit(demo_site.url).netloc}
    assert first <= FIRST_ROUND_TRIP
    assert sum(sizes.values()) <= WITHOUT_IMAGES
