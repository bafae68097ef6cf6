"""One's own data with a browser: a copy comes down, an erasure is asked for and undone."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.conftest import PHONE
from tests.journeys.axe import violations

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.serving import Served

pytestmark = pytest.mark.browser

WHO = "benevole@demo.example"
PASSWORD = "sous-l-arbre-a-palabres"
PAGES = (
    "/compte/donnees",
    "/mentions-legales",
    "/donnees-personnelles",
    "/accessibilite",
)
ADMINISTRATORS = (
    "/administration/donnees",
    "/administration/registre",
    "/administration/pages",
    "/administration/pages/accessibilite",
)


async def _sign_in(page: "Page", site: "Served", who: str) -> None:
    await page.goto(f"{site.url}/connexion")
    await page.fill("[name=email]", who)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Se connecter").click()


async def test_a_copy_then_an_erasure_then_a_change_of_mind(
    browser: "Browser", demo_site: "Served"
) -> None:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False, locale="fr-FR")
    page = await context.new_page()
    await _sign_in(page, demo_site, WHO)
    await page.goto(f"{demo_site.url}/compte")
    await page.get_by_role("link", name="Voir ce que le site garde sur vous").click()

    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Recevoir ma copie").click()
    download = await coming.value
    with ZipFile(io.BytesIO(Path(await download.path()).read_bytes())) as folder:  # noqa: ASYNC240  a test waits for nobody
        said = json.loads(folder.read("donnees.json"))
    assert said["data"]["core_user"][0]["email"] == WHO

    await page.check("#f-sure")
    await page.get_by_role("button", name="Effacer mon compte").click()
    assert "sera effacé le" in await page.inner_text("main")
    await page.get_by_role("button", name="Annuler l’effacement").click()
    assert "L’effacement est annulé" in await page.inner_text("main")
    await context.close()


async def test_the_pages_are_accessible(browser: "Browser", demo_site: "Served") -> None:
    faults = []
    for who, paths in ((WHO, PAGES), ("administration@demo.example", ADMINISTRATORS)):
        context = await browser.new_context(viewport=PHONE, bypass_csp=True, locale="fr-FR")
        page = await context.new_page()
        await _sign_in(page, demo_site, who)
        for path in paths:
            await page.goto(demo_site.url + path)
            faults += [f"{path}: {fault}" for fault in await violations(page)]
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, path
        await context.close()

    assert faults == []
