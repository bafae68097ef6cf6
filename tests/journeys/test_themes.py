"""The second theme keeps every promise of the first, and looks like none of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.journeys.axe import violations
from tests.journeys.test_faces import MEMBERS_PAGES, PAGES, SMALLEST, reading, unfold
from tests.serving import Served, serve, stop_database

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def valley() -> Iterator[Served]:
    """The demo in the theme Isère."""
    with tempfile.TemporaryDirectory(prefix="palabre-test-") as folder:
        path = Path(folder) / "data"
        try:
            with serve(path, "--demo", PALABRE_THEME="isere") as served:
                yield served
        finally:
            stop_database(path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    browser: "Browser", valley: Served, scheme: Literal["light", "dark"]
) -> None:
    found: dict[str, list[str]] = {}
    async with reading(browser, scheme) as page:
        await look_at(page, valley, PAGES, found)
        await sign_in(page, valley)
        await look_at(page, valley, MEMBERS_PAGES, found)

    assert {path: lines for path, lines in found.items() if lines} == {}


async def test_it_is_another_look(page: "Page", valley: Served, demo_site: Served) -> None:
    one, other = await look_of(page, demo_site), await look_of(page, valley)

    assert [name for name in one if one[name] == other[name]] == []


async def look_at(
    page: "Page", site: Served, paths: list[str], found: dict[str, list[str]]
) -> None:
    for path in paths:
        await page.goto(site.url + path)
        await unfold(page)
        width = await page.evaluate("document.documentElement.scrollWidth")
        found[path] = await violations(page)
        if width > SMALLEST["width"]:
            found[path].append(f"{width} px")


async def sign_in(page: "Page", site: Served) -> None:
    await page.goto(site.url + "/connexion")
    await page.get_by_label("Adresse électronique").fill("administration@demo.example")
    await page.get_by_label("Mot de passe").fill("sous-l-arbre-a-palabres")
    await page.get_by_role("button", name="Se connecter").click()


async def look_of(page: "Page", site: Served) -> dict[str, Any]:
    """Return what anybody would see at once."""
    await page.goto(site.url + "/")
    looks: dict[str, Any] = await page.evaluate(
        """() => {
          const style = selector => getComputedStyle(document.querySelector(selector));
          return {
            header: style('.site-header').backgroundColor,
            ground: style('body').backgroundColor,
            titles: style('h1').fontFamily,
            buttons: style('.button.primary').backgroundColor,
            corners: style('.button.primary').borderRadius,
            logo: document.querySelector('.brand svg').innerHTML,
            drawing: document.querySelector('.hero-art svg').innerHTML,
          };
        }"""
    )
    return looks
