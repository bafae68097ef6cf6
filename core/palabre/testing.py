"""A pytest plugin for our tests and for those of plugins written elsewhere.

It is there as soon as `palabre` is installed. Everything is real and nothing is mocked: the
embedded PostgreSQL, started once for all xdist workers and stopped by the last one; the migrated
schema, made once and copied for each test; the application, called in process.

| fixture | what it gives |
| --- | --- |
| `database_url` | the address of a fresh, migrated database |
| `database` | the same, with the models connected to it |
| `make` | makes users, organisations, venues and events: `await make.event(title="…")` |
| `app` | the whole ASGI application on that database, started |
| `site` | its `Site`: settings, feeds, plugins |
| `client` | an anonymous visitor: `await client.get("/agenda")` |
| `login` | signs somebody in: `member = await login("editor", organisation)` |

| to override | what it decides | default |
| --- | --- | --- |
| `settings` | the settings of `app` | those of an empty environment, data in `tmp_path` |
| `palabre_plugins` | the plugins of `app` | all that are installed |
| `palabre_packages` | whose migrations the database carries, besides the core's (session) | the same |

    async def test_a_draft_is_not_public(client, make):
        event = await make.event(publication=Publication.DRAFT)

        answer = await client.get(f"/evenements/{event.slug}")

        assert answer.status_code == 404
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.types import ASGIApp, Message

from palabre.database.connection import connected
from palabre.database.ids import new_id
from palabre.database.migrations import Package
from palabre.database.scratch import Databases, databases
from palabre.events.domain.saving import Change, save_event
from palabre.events.domain.venues import find_or_create
from palabre.events.models import Event, Venue
from palabre.events.values import Content, Place, Publication, Timed, When
from palabre.people.domain import add_member, create_organisation, create_user
from palabre.people.models import Organisation, Role, SiteRole, User
from palabre.people.permissions import SYSTEM, Actor
from palabre.people.sessions import actor_from_token, open_session
from palabre.plugins import Plugins, use
from palabre.settings import Settings, from_environment

if TYPE_CHECKING:
    from palabre.web.site import Site

LIFESPAN_TIMEOUT = 30  # seconds for the application to start, and to stop


@pytest.fixture(scope="session")
def palabre_packages() -> Sequence[Package]:
    """Return whose migrations the test databases carry, besides the core's."""
    return Plugins.load(from_environment({})).packages()


@pytest.fixture(scope="session")
def palabre_databases(
    pytestconfig: pytest.Config, palabre_packages: Sequence[Package]
) -> Iterator[Databases]:
    """Give the maker of databases, over the server that all workers share."""
    with databases(pytestconfig.rootpath, palabre_packages) as made:
        yield made


@pytest.fixture
def database_url(palabre_databases: Databases) -> Iterator[str]:
    """Give the address of a database made for this test alone: migrated, empty."""
    name = palabre_databases.run(palabre_databases.create())
    try:
        yield palabre_databases.address(name)
    finally:
        palabre_databases.discard(name)


@pytest.fixture
async def _connected(database_url: str, palabre_plugins: Plugins) -> AsyncIterator[None]:
    async with connected(database_url, palabre_plugins.models()):
        yield


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> str:
    """Connect the models to this test's database, unless the application does; gives its address."""
    request.getfixturevalue("_running" if "_running" in request.fixturenames else "_connected")
    return database_url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of the application under test."""
    return from_environment({"PALABRE_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def palabre_plugins(settings: Settings) -> Plugins:
    """Return the plugins of the application under test."""
    return Plugins.load(settings)


@pytest.fixture
async def _running(
    settings: Settings, database_url: str, palabre_plugins: Plugins
) -> AsyncIterator[tuple[ASGIApp, "Site"]]:
    from palabre.app import create_app

    app = create_app(settings, database_url, palabre_plugins)
    try:
        async with _lifespan(app) as site:
            yield app, site
    finally:
        use(Plugins())  # the next test may have no application


@pytest.fixture
def app(_running: tuple[ASGIApp, "Site"]) -> ASGIApp:
    """Give the whole application, started."""
    return _running[0]


@pytest.fixture
def site(_running: tuple[ASGIApp, "Site"]) -> "Site":
    """Give the running application's parts."""
    return _running[1]


class Visitor(httpx.AsyncClient):
    """Somebody with a browser; `user` and `actor` say who, None and nobody before a login."""

    user: User | None = None
    actor: Actor | None = None

    async def submit(self, url: str, data: Mapping[str, Any] | None = None) -> httpx.Response:
        """Post a form as the site's own page would: with the session's token in it."""
        token = self.actor.csrf_token if self.actor else ""
        return await self.post(url, data={"csrf": token, **(data or {})})


LogIn = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def client(app: ASGIApp, settings: Settings) -> AsyncIterator[Visitor]:
    """Give an anonymous visitor. Redirects are not followed, errors of the application surface."""
    async with _visitor(app, settings) as visitor:
        yield visitor


@pytest.fixture
async def login(
    app: ASGIApp, site: "Site", settings: Settings, make: "Make"
) -> AsyncIterator[LogIn]:
    """Give a function that signs somebody in: `login(role, organisation=None, user=None)`.

    `role` is "administrator", "moderator", "owner", "editor" or "contributor"; the last three
    need an organisation, and one is made when none is given. Returns their `Visitor`.
    """
    opened: list[Visitor] = []

    async def enter(
        role: str = "administrator",
        organisation: Organisation | None = None,
        user: User | None = None,
    ) -> Visitor:
        visitor = _visitor(app, settings)
        opened.append(visitor)
        visitor.user = user or await make.member(role, organisation)
        token = await open_session(visitor.user)
        visitor.cookies.set(site.cookie, token)
        visitor.actor = await actor_from_token(token)
        return visitor

    yield enter
    for visitor in opened:
        await visitor.aclose()


def _visitor(app: ASGIApp, settings: Settings) -> Visitor:
    return Visitor(transport=httpx.ASGITransport(app), base_url=settings.origin)


@pytest.fixture
def make(database: str) -> "Make":  # noqa: ARG001  the models have to be connected
    """Give the maker of users, organisations, venues and events."""
    return Make()


class Make:
    """Makes what a test needs, through the same functions as the site; all arguments optional."""

    async def user(
        self, name: str = "Ana Martin", *, email: str = "", site_role: SiteRole | None = None
    ) -> User:
        """Make an account without a password; `login` signs it in."""
        address = email or f"{new_id().hex[-12:]}@example.org"
        roles = frozenset({site_role} if site_role else ())
        return await create_user(address, name, None, site_roles=roles)

    async def organisation(self, name: str = "", **more: Any) -> Organisation:  # noqa: ANN401  create_organisation's own
        """Make an organisation, under a name of its own unless one is given."""
        return await create_organisation(name or f"Collectif {new_id().hex[-6:]}", **more)

    async def member(self, role: str = "editor", organisation: Organisation | None = None) -> User:
        """Make a user with a role on the site or in an organisation."""
        if role in set(SiteRole):
            return await self.user(site_role=SiteRole(role))
        user = await self.user()
        await add_member(user, organisation or await self.organisation(), Role(role))
        return user

    async def venue(self, name: str = "Halle de Mens", commune: str = "Mens") -> Venue:
        """Make a venue, or find the same one again."""
        found = await find_or_create([Place(name, commune=commune)])
        return await Venue.get(id=found[0])

    async def event(
        self,
        title: str = "Soirée contes",
        *,
        when: When | None = None,
        organisation: Organisation | None = None,
        publication: Publication = Publication.PUBLISHED,
        actor: Actor = SYSTEM,
        **content: Any,  # noqa: ANN401  the fields of Content
    ) -> Event:
        """Make an event, published and tomorrow evening unless told otherwise."""
        owner: UUID = (organisation or await self.organisation()).id
        said = Content(title=title, when=when or tomorrow_evening(), **content)
        saved = await save_event(actor, Change(said, owner, publication=publication))
        return await Event.get(id=saved.event_id)


def tomorrow_evening(zone: str = "Europe/Paris") -> Timed:
    """Return tomorrow from 18:30 to 20:00, on the clocks of `zone`."""
    day = datetime.now(ZoneInfo(zone)).date() + timedelta(days=1)
    starts = datetime.combine(day, time(18, 30), ZoneInfo(zone))
    return Timed(starts, starts + timedelta(minutes=90), zone)


@asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator["Site"]:
    """Start and stop an ASGI application as a server does: all in one task of its own."""
    sent: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    running = asyncio.ensure_future(app(scope, sent.get, answers.put))

    async def tell(what: str) -> None:
        await sent.put({"type": f"lifespan.{what}"})
        answer = asyncio.create_task(answers.get())
        await asyncio.wait(
            {answer, running}, timeout=LIFESPAN_TIMEOUT, return_when="FIRST_COMPLETED"
        )
        if not answer.done():
            answer.cancel()
            await running
        said = answer.result()
        assert said["type"] == f"lifespan.{what}.complete", said.get("message")  # noqa: S101  this is for tests

    try:
        await tell("startup")
        yield cast("Site", scope["app"].state.site)
        await tell("shutdown")
        await running
    finally:
        running.cancel()
