"""The whole application in process: real templates, real database, its own lifespan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from palabre.app import create_app
from palabre.people.domain import add_member, create_user
from palabre.people.models import Organisation, Role
from palabre.people.sessions import open_session
from palabre.plugins import Plugins
from palabre.settings import Settings

ORIGIN = "https://agenda.example.org"
SignIn = Callable[[Role, Organisation], Awaitable[dict[str, str]]]


@asynccontextmanager
async def living(app: ASGIApp) -> AsyncIterator[None]:
    """Run an application's lifespan around the block."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.create_task(app(scope, told.get, said.put))  # type: ignore[arg-type]  # ASGI's own types are wider
    for moment in ("startup", "shutdown"):
        await told.put({"type": f"lifespan.{moment}"})
        answer = await said.get()
        assert answer["type"] == f"lifespan.{moment}.complete", answer
        if moment == "startup":
            yield
    await life


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(base_url=ORIGIN, data_dir=tmp_path, database_url=database_url)
    app = create_app(settings, database_url, Plugins())
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # httpx's own narrower types
    async with living(app), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def sign_in() -> SignIn:
    """Give the cookie of a new member of an organisation."""

    async def sign_in(role: Role, organisation: Organisation) -> dict[str, str]:
        user = await create_user(f"{role}@example.org", f"Membre {role}", "sous le grand arbre")
        await add_member(user, organisation, role)
        return {"cookie": f"__Host-palabre={await open_session(user)}"}

    return sign_in
