"""Settings in, ASGI application out.

    request ──► feeds (.ics, .json: answered from memory, before anything else)
            └─► headers ─► language ─► routes ─► permission ─► view ─► page
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from palabre.agenda.routes import PAGES as AGENDA
from palabre.database.connection import connected
from palabre.events.domain.derived import keep_origin
from palabre.events.domain.horizon import keep_extending
from palabre.events.routes import PAGES as EVENTS
from palabre.feeds.http import FeedHttp
from palabre.feeds.store import FeedStore
from palabre.importing.routes import PAGES as IMPORTING
from palabre.people.routes import PAGES as PEOPLE
from palabre.plugins import Plugins
from palabre.settings import Settings
from palabre.web.health import PAGES as HEALTH
from palabre.web.language import LanguageMiddleware
from palabre.web.pages import HANDLERS
from palabre.web.routing import to_routes
from palabre.web.security import SecurityHeaders
from palabre.web.site import Site

PAGES = [*HEALTH, *AGENDA, *EVENTS, *IMPORTING, *PEOPLE]


def create_app(settings: Settings, database_url: str) -> ASGIApp:
    """Return the application for a migrated database; its lifespan connects and disconnects."""
    plugins = Plugins.load(settings)
    site = Site(settings, FeedStore(settings, database_url), plugins)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with connected(database_url, plugins.models()):
            await keep_origin(settings.origin)
            await site.feeds.start()
            chores = asyncio.create_task(keep_extending())
            try:
                yield
            finally:
                chores.cancel()
                await site.feeds.stop()

    app = Starlette(
        routes=[*to_routes(PAGES), *plugins.routes()],
        middleware=[
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(LanguageMiddleware),
        ],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.state.site = site
    return FeedHttp(app, site.feeds)
