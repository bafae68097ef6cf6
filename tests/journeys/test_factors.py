"""Second factors for real: a phone's application played by pyotp, passkeys by Chromium's own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pyotp
import pytest

from tests.conftest import PHONE
from tests.journeys.axe import violations
from tests.serving import Served, free_port, stop_database

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page

pytestmark = pytest.mark.browser

OWNER = "responsable@demo.example"
PASSWORD = "sous-l-arbre-a-palabres"
HOME = "/mes-evenements"


@dataclass
class Reader:
    """Somebody at a browser; `keys` drives its passkeys."""

    page: "Page"
    site: str
    keys: "CDPSession | None" = None
    authenticator: str = ""

    async def log_in(self) -> None:
        await self.page.context.clear_cookies()
        await self.page.goto(f"{self.site}/connexion")
        await self.page.fill("[name=email]", OWNER)
        await self.page.fill("[name=password]", PASSWORD)
        await self.press("Se connecter")

    async def press(self, name: str) -> None:
        await self.page.locator("main").get_by_role("button", name=name, exact=True).click()
        await self.page.wait_for_load_state()

    async def enter_by_key(self) -> None:
        await self.page.context.clear_cookies()
        await self.page.goto(f"{self.site}/connexion")
        await self.press("Entrer avec une clé d’accès")

    async def said(self) -> str:
        return await self.page.inner_text("main")

    async def is_at(self, path: str) -> None:
        await self.page.wait_for_url(f"{self.site}{path}", timeout=10_000)

    async def credentials(self) -> list[dict[str, Any]]:
        assert self.keys is not None
        answer = await self.keys.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.authenticator}
        )
        found: list[dict[str, Any]] = answer["credentials"]
        return found


@pytest.fixture
async def reader(browser: "Browser", data_dir: Path) -> AsyncIterator[Reader]:
    """A phone with passkeys, at a site named localhost: browsers refuse them for bare addresses."""
    port = free_port()
    site = f"http://localhost:{port}"
    served = Served(data_dir, port, {"PALABRE_BASE_URL": site}, ("--demo",))
    served.start()
    context = await browser.new_context(viewport=PHONE, locale="fr-FR", bypass_csp=True)
    page = await context.new_page()
    keys = await context.new_cdp_session(page)
    await keys.send("WebAuthn.enable")
    added = await keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    try:
        yield Reader(page, site, keys, added["authenticatorId"])
    finally:
        await context.close()
        served.stop()
        stop_database(data_dir)


async def test_in_with_a_phone_s_code_and_without_the_phone(
    browser: "Browser", data_dir: Path
) -> None:
    served = Served(data_dir, free_port(), {}, ("--demo",))
    served.start()
    context = await browser.new_context(viewport=PHONE, locale="fr-FR", java_script_enabled=False)
    anna = Reader(await context.new_page(), served.url)
    try:
        await anna.log_in()
        await anna.page.goto(f"{anna.site}/compte")
        await anna.page.get_by_role("link", name="Deuxième étape et clés d’accès").click()
        assert "https" in await anna.said()  # no passkeys at 127.0.0.1, said kindly
        await anna.press("Ajouter une application")
        address = await anna.page.get_attribute("a[href^='otpauth:']", "href")
        phone = pyotp.parse_uri(str(address))
        assert isinstance(phone, pyotp.TOTP)
        await anna.page.fill("[name=code]", phone.now())
        await anna.press("Ajouter l’application")
        codes = await anna.page.locator(".codes code").all_inner_texts()
        assert len(set(codes)) == 10

        await anna.log_in()
        await anna.is_at("/connexion/etape")
        await anna.page.fill("[name=code]", "000000")
        await anna.press("Continuer")
        assert "pas le bon" in await anna.said()
        await anna.page.get_by_text("Sans mon téléphone, sans ma clé").click()
        await anna.page.fill("[name=recovery]", codes[0])
        await anna.press("Utiliser ce code")
        await anna.is_at(HOME)

        await anna.log_in()
        later = phone.at(int(time.time()) + 30)  # the code of just now has served
        await anna.page.fill("[name=code]", later)
        await anna.press("Continuer")
        await anna.is_at(HOME)
    finally:
        await context.close()
        served.stop()
    said = served.said()
    assert [secret for secret in (*codes, phone.secret) if secret in said] == []


async def test_in_with_a_passkey_alone_and_as_second_step(reader: Reader) -> None:
    await reader.log_in()
    await reader.page.goto(f"{reader.site}/compte/securite")
    assert await violations(reader.page) == []
    await reader.page.fill("[name=name]", "mon téléphone")
    await reader.press("Ajouter une clé d’accès")
    await reader.page.wait_for_selector(".codes")
    assert await violations(reader.page) == []
    [credential] = await reader.credentials()
    assert credential["rpId"] == "localhost"
    assert credential["isResidentCredential"]

    await reader.enter_by_key()
    await reader.is_at(HOME)
    await reader.page.goto(f"{reader.site}/compte/securite")
    assert "mon téléphone" in await reader.said()

    await reader.log_in()
    await reader.is_at("/connexion/etape")
    assert await violations(reader.page) == []
    await reader.press("Prendre ma clé d’accès")
    await reader.is_at(HOME)


async def test_a_passkey_that_was_removed_or_copied_opens_nothing(reader: Reader) -> None:
    await reader.log_in()
    await reader.page.goto(f"{reader.site}/compte/securite")
    await reader.press("Ajouter une clé d’accès")
    await reader.page.wait_for_selector(".codes")
    await reader.enter_by_key()
    await reader.is_at(HOME)

    # a copy made before the last login: its counter lags behind
    assert reader.keys is not None
    [credential] = await reader.credentials()
    await reader.keys.send("WebAuthn.clearCredentials", {"authenticatorId": reader.authenticator})
    await reader.keys.send(
        "WebAuthn.addCredential",
        {"authenticatorId": reader.authenticator, "credential": credential | {"signCount": 0}},
    )
    await reader.enter_by_key()
    await reader.page.get_by_text("peut-être été copiée").wait_for()
    await reader.page.goto(f"{reader.site}{HOME}")
    assert "/connexion" in reader.page.url

    # the key itself, with its counter, still opens; then it is removed
    await reader.keys.send("WebAuthn.clearCredentials", {"authenticatorId": reader.authenticator})
    await reader.keys.send(
        "WebAuthn.addCredential",
        {"authenticatorId": reader.authenticator, "credential": credential | {"signCount": 50}},
    )
    await reader.enter_by_key()
    await reader.is_at(HOME)
    await reader.page.goto(f"{reader.site}/compte/securite")
    await reader.page.locator("main").get_by_role("button", name="Retirer la clé").click()
    await reader.page.get_by_text("La clé d’accès est retirée").wait_for()
    await reader.enter_by_key()
    await reader.page.get_by_text("n’est plus, connue").wait_for()


async def test_a_passkey_signs_for_no_other_site(reader: Reader) -> None:
    await reader.log_in()
    await reader.page.goto(f"{reader.site}/compte/securite")
    await reader.press("Ajouter une clé d’accès")
    await reader.page.wait_for_selector(".codes")
    await reader.page.context.clear_cookies()

    async with _page_elsewhere() as elsewhere, httpx.AsyncClient(base_url=reader.site) as thief:
        question = (await thief.post("/connexion/cle/question")).json()
        await reader.page.goto(elsewhere)  # the same name, another port: another origin
        answer = await reader.page.evaluate(_SIGN, question["challenge"])
        stolen = await thief.post("/connexion/cle", data={"credential": json.dumps(answer)})
        assert stolen.status_code == 422
        assert "n’a pas pu être vérifiée" in stolen.text.replace("\u202f", " ")
        assert not thief.cookies

        # asked and answered here it opens, once: neither again nor by changing a byte
        question = (await thief.post("/connexion/cle/question")).json()
        await reader.page.goto(f"{reader.site}/connexion")
        answer = await reader.page.evaluate(_SIGN, question["challenge"])
        opened = await thief.post("/connexion/cle", data={"credential": json.dumps(answer)})
        assert opened.status_code == 303
        thief.cookies.clear()
        again = await thief.post("/connexion/cle", data={"credential": json.dumps(answer)})
        assert again.status_code == 422
        assert not thief.cookies


_SIGN = """async (challenge) => {
  const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
  const found = await navigator.credentials.get({
    publicKey: {challenge: bytes(challenge), rpId: "localhost", userVerification: "required"}});
  return {id: found.id, rawId: text(found.rawId), type: found.type, response: {
    clientDataJSON: text(found.response.clientDataJSON),
    authenticatorData: text(found.response.authenticatorData),
    signature: text(found.response.signature)}};
}"""


@asynccontextmanager
async def _page_elsewhere() -> AsyncIterator[str]:
    """Serve an empty page at another port of localhost."""

    async def answer(asked: asyncio.StreamReader, said: asyncio.StreamWriter) -> None:
        await asked.readuntil(b"\r\n\r\n")
        said.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n"
            b"connection: close\r\n\r\npage"
        )
        await said.drain()
        said.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"
