"""Settings in, ASGI application out.

request ──► feeds (.ics, .json: answered from memory, before anything else)
        └─► headers ─► language ─► routes ─► permission ─► view ─► page
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp

from palabre.database.connection import connected
from palabre.people.routes import PAGES as PEOPLE
from palabre.settings import Settings
from palabre.web.health import PAGES as HEALTH
from palabre.web.language import LanguageMiddleware
from palabre.web.pages import HANDLERS
from palabre.web.routing import to_routes
from palabre.web.security import SecurityHeaders
from palabre.web.site import Site
from palabre.web.templates import Folders, Templates, create_static

PAGES = [*HEALTH, *PEOPLE]


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Return the application for a migrated database; its lifespan connects and disconnects."""
    folders = Folders()
    static = create_static(folders)
    site = Site(settings, Templates(settings, static, folders))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with connected(database_url):
            yield

    app = Starlette(
        routes=[Route("/static/{path:path}", static), *to_routes(PAGES)],
        middleware=[
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(LanguageMiddleware),
        ],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.state.site = site
    return app
