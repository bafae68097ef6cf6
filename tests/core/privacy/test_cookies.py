"""No cookie for who doesn't sign in: that is why no banner asks. And only one for who does."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

import pytest

from palabre.app import PAGES
from palabre.people import domain
from palabre.people.permissions import ANONYMOUS
from palabre.web.routing import admits
from tests.core.privacy.conftest import EMAIL, NAME, PASSWORD

if TYPE_CHECKING:
    from palabre.plugins import Plugins
    from palabre.settings import Settings
    from palabre.testing import Make, Visitor

LINK = re.compile(r'(?:href|src|action)="(/[^"]*)"')
ENOUGH = 250  # pages of a small site, both languages


@pytest.fixture
def palabre_plugins(settings: "Settings") -> "Plugins":
    """All that are installed: their pages must not set cookies either."""
    from palabre.plugins import Plugins

    return Plugins.load(settings)


async def _walk(client: "Visitor") -> dict[str, list[str]]:
    """Read every address that can be reached from the first page; what each sets."""
    waiting = ["/", *(page.path for page in PAGES if _is_plain_public(page.path, page.permission))]
    seen: dict[str, list[str]] = {}
    while waiting and len(seen) < ENOUGH:
        address = waiting.pop(0)
        if address in seen:
            continue
        answer = await client.get(address)
        seen[address] = answer.headers.get_list("set-cookie")
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = (
                urldefrag(link.replace("&amp;", "&")).url for link in LINK.findall(answer.text)
            )
            waiting += [link for link in links if link not in seen]
    return seen


def _is_plain_public(path: str, permission: str) -> bool:
    return admits(ANONYMOUS, permission) and "{" not in path


async def test_no_page_feed_or_file_sets_a_cookie(client: "Visitor", make: "Make") -> None:
    await make.event("Soirée contes", venue_id=(await make.venue()).id)

    seen = await _walk(client)

    assert [address for address, cookies in seen.items() if cookies] == []
    assert len(seen) > 60
    for part in (
        "/evenements/",
        "/organisations/",
        "/lieux/",
        "/static/",
        "/en/",
        ".ics",
        "/festival",
    ):
        assert any(part in address for address in seen), part
    assert len(client.cookies) == 0


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/inconnu", None),
        ("GET", "/evenements/inconnu", None),
        ("GET", "/administration", None),
        ("POST", "/agenda", {}),
        ("POST", "/connexion", {"email": "x@exemple.fr", "password": "faux"}),
        ("POST", "/connexion/lien", {"email": "x@exemple.fr"}),
        ("POST", "/mot-de-passe-oublie", {"email": "x@exemple.fr"}),
    ],
)
async def test_nor_does_an_error_or_a_failed_try(
    client: "Visitor", method: str, path: str, form: dict[str, str] | None
) -> None:
    answer = await client.request(method, path, data=form)

    assert "set-cookie" not in answer.headers


async def test_signing_in_sets_the_session_alone_and_signing_out_takes_it_back(
    client: "Visitor",
) -> None:
    await domain.create_user(EMAIL, NAME, PASSWORD)

    answer = await client.post("/connexion", data={"email": EMAIL, "password": PASSWORD})

    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("palabre=")
    assert {"httponly", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}
    page = await client.get("/compte")
    assert "set-cookie" not in page.headers
    [token] = re.findall(r'name="csrf" value="([^"]+)"', page.text)[:1]
    gone = await client.post("/deconnexion", data={"csrf": token})
    assert "max-age=0" in gone.headers["set-cookie"].lower()
