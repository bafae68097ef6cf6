"""Every route with every role, over HTTP, compared with the table in routes.txt."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Match, Route

from palabre.database.connection import transaction
from palabre.database.ids import new_id
from palabre.events.form_dates import date_key
from palabre.events.models import Event
from palabre.events.values import Publication, Recurrence
from palabre.importing.models import ImportJob, JobState
from palabre.jobs import queue
from palabre.people import domain, ways_in
from palabre.people.models import Organisation, Role, User
from palabre.people.ways_in import Holder, Purpose
from palabre.settings import Settings, from_environment
from palabre.testing import LogIn, Make, Visitor, tomorrow_evening

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp

ROLES = ("anonymous", "contributor", "editor", "owner", "stranger", "moderator", "administrator")
MEMBERS = ROLES[1:4]
# Answered by the middleware of the feeds, before any route.
FEEDS = (".ics",)
SIGN_OUT = "/deconnexion"


@dataclass(frozen=True)
class Line:
    """A line of the table: an address with names of objects, a form, and who meets what."""

    number: int
    method: str
    address: str
    form: dict[str, str]
    outcomes: dict[str, str]

    @property
    def is_feed(self) -> bool:
        return self.address.endswith(FEEDS)


def _lines() -> list[Line]:
    text = Path(__file__).with_name("routes.txt").read_text(encoding="utf-8")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        form = dict(word.split("=", 1) for word in words[2 : -len(ROLES)])
        outcomes = dict(zip(ROLES, words[-len(ROLES) :], strict=True))
        found.append(Line(number, words[0], words[1], form, outcomes))
    return found


LINES = _lines()


class World:
    """The objects that the table's addresses name; made when asked for, always the same members."""

    def __init__(self, make: Make) -> None:
        self.make = make
        self.members: dict[str, User] = {}
        self.ours = Organisation()
        self.makers: dict[str, Callable[[], Awaitable[str]]] = {
            **{str(state): self._events(state) for state in Publication},
            "contributed": self._events(Publication.DRAFT, by="contributor"),
            "series": self._events(
                Publication.PUBLISHED, recurrence=Recurrence("FREQ=WEEKLY;COUNT=3")
            ),
            "date": self._date,
            "invitation": self._invitation,
            "job": self._job,
            "waiting": self._waiting,
            "link": self._way_in(Purpose.LINK),
            "other": self._venue,
            "ours": self._ours,
            "registration": self._way_in(Purpose.REGISTRATION),
            "reset": self._way_in(Purpose.RESET),
            "unknown": self._unknown,
            "venue": self._venue,
        }

    async def begin(self) -> None:
        self.ours = await self.make.organisation()
        for role in MEMBERS:
            self.members[role] = await self.make.member(role, self.ours)

    async def filled(self, text: str) -> str:
        """Return an address, or what a form says, with objects of its own in it."""
        for name, maker in self.makers.items():
            if f"{{{name}}}" in text:
                text = text.replace(f"{{{name}}}", await maker())
        return text

    def _events(
        self, state: Publication, *, by: str = "editor", **content: Any
    ) -> Callable[[], Awaitable[str]]:
        async def maker() -> str:
            event = await self.make.event(
                f"Conte {new_id()}", organisation=self.ours, publication=state, **content
            )
            await Event.filter(id=event.id).update(created_by_id=self.members[by].id)
            return event.slug

        return maker

    async def _date(self) -> str:
        when = tomorrow_evening()
        return date_key(when.starts, when)

    async def _invitation(self) -> str:
        address = f"{new_id().hex}@example.org"
        return await domain.invite(address, organisation=self.ours, role=Role.CONTRIBUTOR)

    def _way_in(self, purpose: Purpose) -> Callable[[], Awaitable[str]]:
        async def maker() -> str:
            async with transaction() as connection:
                holder = Holder(self.members["editor"].id, None)
                if purpose is Purpose.REGISTRATION:
                    holder = Holder(None, f"{new_id().hex}@example.org")
                return await ways_in.make(connection, purpose, holder)

        return maker

    async def _job(self) -> str:
        job = await ImportJob.create(
            organisation_id=self.ours.id,
            user_id=self.members["editor"].id,
            location="fichier.ics",
            data=b"",
            state=JobState.TRIED,
        )
        return str(job.id)

    async def _waiting(self) -> str:
        """A background job that stays: nobody knows how to do it."""
        return str(await queue.enqueue(queue.Order("core", "core.unknown", "{}")))

    async def _ours(self) -> str:
        return self.ours.slug

    async def _unknown(self) -> str:
        return "inconnu"

    async def _venue(self) -> str:
        return (await self.make.venue(f"Halle {new_id().hex}")).slug


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site with every way in: one that sends mail."""
    return from_environment(
        {
            "PALABRE_DATA_DIR": str(tmp_path / "data"),
            "PALABRE_SMTP_URL": "smtp://127.0.0.1:1",
            "PALABRE_OPEN_REGISTRATION": "1",
            "PALABRE_OIDC_PROVIDERS": "atelier",
            "PALABRE_OIDC_ATELIER_ISSUER": "http://127.0.0.1:1",
            "PALABRE_OIDC_ATELIER_CLIENT_ID": "palabre",
        }
    )


@pytest.fixture
async def world(make: Make) -> World:
    made = World(make)
    await made.begin()
    return made


def _routes(app: "ASGIApp") -> list[Route]:
    """Return every route that the application really has, whatever stands around it."""
    inner: Any = app
    while not isinstance(inner, Starlette):
        inner = inner.app
    assert all(isinstance(route, Route) for route in inner.routes)
    return [route for route in inner.routes if isinstance(route, Route)]


def _route_of(line: Line, routes: list[Route]) -> tuple[str, str] | None:
    scope = {"type": "http", "method": line.method, "path": line.address}
    for route in routes:
        if route.matches(scope)[0] is Match.FULL:
            return line.method, route.path
    return None


def test_every_route_has_a_line_and_every_line_a_route(app: "ASGIApp") -> None:
    routes = _routes(app)
    told = {line.number: _route_of(line, routes) for line in LINES if not line.is_feed}
    there = {
        (method, route.path)
        for route in routes
        for method in (route.methods or {"GET"}) - {"HEAD", "OPTIONS"}
    }

    assert [number for number, route in told.items() if route is None] == []
    assert there - set(told.values()) == set(), "these routes need a line in routes.txt"


@pytest.mark.parametrize("role", ROLES)
async def test_every_route_admits_whom_the_table_says(
    role: str, world: World, client: Visitor, login: LogIn
) -> None:
    wrong = []
    visitor = None
    for line in LINES:
        visitor = visitor or await _visitor(role, world, client, login)
        answer = await _ask(visitor, line, await world.filled(line.address), world)
        outcome = _outcome(answer)
        if outcome != line.outcomes[role]:
            wrong.append(f"line {line.number}: {line.method} {line.address} {line.form}: {outcome}")
        if line.address == SIGN_OUT:
            visitor = None

    assert not wrong, "\n" + "\n".join(wrong)


async def test_what_may_not_be_seen_looks_like_what_is_not_there(
    world: World, login: LogIn, client: Visitor
) -> None:
    stranger = await login("owner")
    for line in LINES:
        if "{draft}" not in line.address or line.is_feed:
            continue
        for visitor in (stranger, client):
            hidden = await world.filled(line.address)
            there = await _ask(visitor, line, hidden, world)
            nothing = await _ask(visitor, line, line.address.replace("{draft}", "inconnu"), world)

            assert there.status_code == nothing.status_code
            assert _neutral(there, hidden) == _neutral(nothing, "inconnu")


async def _visitor(role: str, world: World, client: Visitor, login: LogIn) -> Visitor:
    """Return somebody in this role, signed in afresh."""
    if role == "anonymous":
        client.cookies.clear()
        return client
    if role == "stranger":
        return await login("owner")
    return await login(role, user=world.members.get(role))


async def _ask(visitor: Visitor, line: Line, address: str, world: World) -> "httpx.Response":
    if line.method == "GET":
        return await visitor.get(address)
    event = await Event.get_or_none(slug=address.split("/")[2]) if address.count("/") > 1 else None
    form = {name: await world.filled(text) for name, text in line.form.items()}
    if event is not None:
        form["version"] = str(event.version)
    return await visitor.submit(address, form)


def _outcome(answer: "httpx.Response") -> str:
    if answer.status_code == 303 and answer.headers["location"].startswith("/connexion"):
        return "login"
    if answer.status_code < 400 or answer.status_code in {409, 422}:
        return "ok"
    return {403: "denied", 404: "absent"}.get(answer.status_code, str(answer.status_code))


def _neutral(answer: "httpx.Response", address: str) -> str:
    """Return what an answer says, without the address it was asked at."""
    slug = address.split("/")[2] if address.count("/") > 1 else address
    said: str = answer.text + answer.headers.get("location", "")
    return said.replace(slug, "…")
