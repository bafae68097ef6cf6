"""Coming in and leaving by a real identity provider, in a browser."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from palabre.demo import PASSWORD
from tests.conftest import PHONE
from tests.journeys.axe import violations
from tests.provider.running import provider, settings
from tests.serving import Served, free_port, serve

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

OWNER = "responsable@demo.example"


@pytest.fixture
def scripts() -> bool:
    return False


@pytest.fixture
async def visitor(browser: "Browser", scripts: bool) -> AsyncIterator["Page"]:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts, locale="fr-FR")
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    yield page
    await context.close()
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.parametrize("scripts", [True, False])
async def test_in_by_a_provider_out_through_it_and_on_without_it(
    visitor: "Page", data_dir: Path
) -> None:
    port = free_port()
    with (
        provider(f"http://127.0.0.1:{port}") as there,
        serve(data_dir, "--demo", PALABRE_PORT=str(port), **settings(there)) as site,
    ):
        await visitor.goto(f"{site.url}/connexion?next=/organisations")
        await visitor.get_by_role("button", name="Continuer avec ProConnect").click()
        await _say(visitor, OWNER)
        await visitor.wait_for_url(f"{site.url}/organisations")

        await visitor.goto(f"{site.url}/compte")
        assert await visitor.get_by_role("button", name="Retirer ProConnect").is_visible()
        await visitor.get_by_role("button", name="Ajouter L’Atelier").click()
        await _say(visitor, "quelqu.une@ailleurs.example unchecked")
        await visitor.wait_for_url(f"{site.url}/compte?fait=fournisseur")

        await _leave(visitor)
        await visitor.get_by_role("button", name="Leave").click()
        await visitor.wait_for_url(f"{site.url}/deconnexion**")
        assert "Vous êtes déconnecté·e" in await visitor.inner_text("h1")
        await visitor.goto(f"{site.url}/mes-evenements")
        assert "/connexion" in visitor.url
        await _faults(visitor, site)


async def test_a_provider_that_is_down_leaves_the_other_ways(
    visitor: "Page", data_dir: Path
) -> None:
    with serve(data_dir, "--demo", **settings(free_port())) as site:
        await visitor.goto(f"{site.url}/connexion")
        await visitor.get_by_role("button", name="Continuer avec ProConnect").click()
        assert "ne répond pas" in await visitor.inner_text("main")
        await visitor.get_by_role("link", name="Revenir à la connexion").click()
        await visitor.fill("[name=email]", OWNER)
        await visitor.fill("[name=password]", PASSWORD)
        await visitor.get_by_role("button", name="Se connecter").click()
        assert visitor.url == f"{site.url}/mes-evenements"


async def _say(visitor: "Page", name: str) -> None:
    await visitor.get_by_label("Name").fill(name)
    await visitor.get_by_role("button", name="Go on").click()


async def _leave(visitor: "Page") -> None:
    await visitor.locator("header summary").last.click()
    await visitor.get_by_role("button", name="Se déconnecter").click()


async def _faults(visitor: "Page", site: Served) -> None:
    """Look at the pages with axe, which is a script."""
    assert visitor.context.browser is not None
    context = await visitor.context.browser.new_context(viewport=PHONE, bypass_csp=True)
    page = await context.new_page()
    for path in ("/connexion", "/deconnexion", "/connexion/avec/atelier/retour"):
        await page.goto(site.url + path)
        assert await violations(page) == []
    await context.close()
