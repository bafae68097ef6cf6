"""A person with a password who signs in as a browser would, and their authenticator application."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp
import pytest

from palabre.people import domain
from palabre.people.models import User
from palabre.people.sessions import actor_from_token

if TYPE_CHECKING:
    import httpx

    from palabre.testing import Visitor
    from palabre.web.site import Site

PASSWORD = "lune pain vélo orage"


@dataclass
class Person:
    """Somebody at a browser; `application` is on their phone, pyotp playing it."""

    user: User
    browser: "Visitor"
    application: pyotp.TOTP | None = None

    async def enter(self, following: str = "") -> "httpx.Response":
        form = {"email": self.user.email, "password": PASSWORD, "next": following}
        self.leave()
        return await self._follow(await self.browser.submit("/connexion", form))

    async def step(self, **form: str) -> "httpx.Response":
        return await self._follow(await self.browser.submit("/connexion/etape", form))

    async def do(self, path: str, **form: str) -> "httpx.Response":
        return await self._follow(await self.browser.submit(path, form))

    async def add_application(self) -> list[str]:
        """Add the application through the pages; returns the recovery codes shown, if any."""
        begun = await self.do("/compte/securite", do="begin")
        page = await self.browser.get(begun.headers["location"])
        address = page.text.split('href="otpauth://')[1].split('"')[0]
        found = pyotp.parse_uri(unquote_entities("otpauth://" + address))
        assert isinstance(found, pyotp.TOTP)
        self.application = found
        done = await self.do("/compte/securite/application", code=self.code(-30))
        return codes_of(done.text)

    def code(self, seconds: int = 0) -> str:
        """Return what the phone shows, with a clock that many seconds off."""
        import time

        assert self.application is not None
        return self.application.at(int(time.time()) + seconds)

    @property
    def token(self) -> str:
        """What the browser's cookie holds."""
        return next(iter(self.browser.cookies.values()), "")

    def leave(self, token: str = "") -> None:
        """Go on in a browser without a cookie, or with another one's."""
        self.browser.actor = None
        self.browser.cookies.clear()
        if token:
            self.browser.cookies.set("palabre", token)

    async def is_in(self) -> bool:
        return (await self.browser.get("/compte")).status_code == 200

    async def _follow(self, answer: "httpx.Response") -> "httpx.Response":
        """Take over the session that an answer opened, as the next page's form would know it."""
        found = await actor_from_token(self.token)
        self.browser.actor = found if found.user_id else None
        return answer


def codes_of(page: str) -> list[str]:
    return [piece.split("</code>")[0] for piece in page.split("<li><code>")[1:]]


def unquote_entities(text: str) -> str:
    return text.replace("&amp;", "&")


@pytest.fixture
async def anna(client: "Visitor", site: "Site") -> Person:
    person = Person(await domain.create_user("anna@exemple.fr", "Anna", PASSWORD), client)
    await person.enter()
    return person
