"""Coming in by mail, for real: a mail server takes the letters, Chromium opens their links."""

import asyncio
import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP

from tests.conftest import PHONE
from tests.journeys.axe import violations
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

OWNER = "responsable@demo.example"
INVITED = "anna@exemple.fr"
FIRST, SECOND = "lune pain vélo orage", "neige carotte wagon bleu"
PATIENCE = 20  # seconds for a letter: the queue is looked at every five


class Mailbox:
    """The inside of a mail server: gives each letter's link to whom waits for it."""

    def __init__(self) -> None:
        self.links: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        plain = letter.get_body(("plain",))
        assert plain is not None
        [link] = re.findall(r"^(http\S+)\s*$", plain.get_content(), re.MULTILINE)
        await self.links.put((envelope.rcpt_tos[0], link))
        return "250 taken"

    async def link(self, to: str) -> str:
        async with asyncio.timeout(PATIENCE):
            recipient, link = await self.links.get()
        assert recipient == to
        return link


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="boite"), "127.0.0.1", 0)
    async with server:
        yield box, server.sockets[0].getsockname()[1]


@pytest.fixture
async def reader(browser: "Browser") -> AsyncIterator["Page"]:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False, locale="fr-FR")
    yield await context.new_page()
    await context.close()


async def test_in_by_a_link_by_an_invitation_and_by_a_new_password(
    reader: "Page", data_dir: Path, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    settings = {"PALABRE_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    with serve(data_dir, "--demo", **settings) as site:
        await _ask(reader, f"{site.url}/connexion/lien", OWNER)
        link = await box.link(OWNER)
        await reader.goto(link)
        await reader.get_by_role("button", name="Me connecter").click()
        assert reader.url == f"{site.url}/mes-evenements"

        await reader.goto(f"{site.url}/organisations/collectif-festisol-grenoble/membres")
        assert await _faults(reader, site.url) == []
        await _ask(reader, reader.url, INVITED)
        assert INVITED in await reader.inner_text("main")
        await reader.context.clear_cookies()
        invitation = await box.link(INVITED)
        await reader.goto(invitation)
        await reader.fill("[name=display_name]", "Anna")
        await reader.fill("[name=password]", FIRST)
        await reader.get_by_role("button", name="Accepter").click()
        assert reader.url == f"{site.url}/mes-evenements"

        await reader.context.clear_cookies()
        await _ask(reader, f"{site.url}/mot-de-passe-oublie", INVITED)
        reset = await box.link(INVITED)
        await reader.goto(reset)
        await reader.fill("[name=password]", SECOND)
        await reader.get_by_role("button", name="Changer le mot de passe").click()
        assert await box.link(INVITED) == f"{site.url}/mot-de-passe-oublie"  # "it has changed"
        await reader.goto(f"{site.url}/connexion")
        await reader.fill("[name=email]", INVITED)
        await reader.fill("[name=password]", SECOND)
        await reader.get_by_role("button", name="Se connecter").click()
        assert reader.url == f"{site.url}/mes-evenements"
        log = site.log.read_text()

    secrets = [FIRST, SECOND, *(link.rpartition("/")[2] for link in (link, invitation, reset))]
    assert [secret for secret in secrets if secret in log] == []


async def test_in_by_registering_where_that_is_open(
    reader: "Page", data_dir: Path, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    settings = {"PALABRE_SMTP_URL": f"smtp://127.0.0.1:{port}", "PALABRE_OPEN_REGISTRATION": "1"}
    with serve(data_dir, **settings) as site:
        await reader.goto(f"{site.url}/connexion")
        await reader.get_by_role("link", name="Créer un compte").click()
        await _ask(reader, reader.url, INVITED)
        await reader.goto(await box.link(INVITED))
        await reader.fill("[name=display_name]", "Anna")
        await reader.fill("[name=password]", FIRST)
        await reader.get_by_role("button", name="Ouvrir mon compte").click()

        assert reader.url == f"{site.url}/compte?fait=inscription"
        assert await reader.input_value("[name=display_name]") == "Anna"


async def _faults(reader: "Page", site: str) -> list[str]:
    """Return what axe, which is a script, finds on the account's pages and the one open now."""
    assert reader.context.browser is not None
    context = await reader.context.browser.new_context(
        viewport=PHONE, storage_state=await reader.context.storage_state(), bypass_csp=True
    )
    page = await context.new_page()
    faults = []
    for path in ("/connexion/lien", "/mot-de-passe-oublie", "/compte", ""):
        await page.goto(site + path if path else reader.url)
        faults += await violations(page)
    await context.close()
    return faults


async def _ask(page: "Page", address: str, email: str) -> None:
    await page.goto(address)
    await page.fill("main [name=email]", email)
    await page.get_by_role("button", name="Envoyer").click()
