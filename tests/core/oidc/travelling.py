"""The way of a browser: from the site to the provider, and back."""

import html
import re
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from palabre.testing import Visitor

SITE = "http://agenda.exemple.fr"
COOKIE = "palabre-oidc"


async def depart(client: "Visitor", name: str = "atelier", **form: str) -> str:
    """Press the button; return the provider's address."""
    answer = await client.submit(f"/connexion/avec/{name}", form)
    return address_of(answer)


def address_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    [link] = re.findall(r'class="button primary" href="([^"]+)"', answer.text)
    address = html.unescape(link)
    assert answer.headers["refresh"] == f"0;url={address}"
    return str(address)


async def say(address: str, login: str = "anna@exemple.fr") -> str:
    """Say who one is at the provider; return the address it sends back to."""
    async with httpx.AsyncClient(timeout=20) as browser:
        answer = await browser.get(address)
        while answer.is_redirect:
            if answer.headers["location"].startswith(SITE):
                return str(answer.headers["location"])
            answer = await browser.get(answer.url.join(answer.headers["location"]))
        answer = await browser.post(answer.url, data={"login": login})
        while not answer.headers.get("location", "").startswith(SITE):
            assert answer.is_redirect, answer.text
            answer = await browser.get(answer.url.join(answer.headers["location"]))
        return str(answer.headers["location"])


async def come(
    client: "Visitor", name: str = "atelier", login: str = "anna@exemple.fr", **form: str
) -> httpx.Response:
    """Go all the way: the button, the provider, and back."""
    return await client.get(await say(await depart(client, name, **form), login))
