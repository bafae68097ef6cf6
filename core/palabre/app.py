"""Settings in, ASGI application out.

request ──► feeds (.ics, .json: answered from memory, before anything else)
        └─► headers ─► language ─► routes ─► permission ─► view ─► page
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from palabre import themes
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
    theme = themes.load(settings.theme)
    folders = Folders(theme_templates=theme.templates, theme_static=theme.static)
    static = create_static(folders)
    site = Site(settings, Templates(settings, static, folders))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with connected(database_url):
            yield

    app = Starlette(
        routes=[Route("/static/{path:path}", static), *to_routes(PAGES)],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.state.site = site
    # Around the whole application, so that the page of an unforeseen error has them as well.
    return SecurityHeaders(LanguageMiddleware(app), secure=settings.secure)
