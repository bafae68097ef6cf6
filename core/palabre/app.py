"""Settings in, ASGI application out.

request ──► feeds (.ics, .json: answered from memory, before anything else)
└─► headers ─► host ─► language ─► routes ─► permission ─► view ─► page
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from palabre import i18n, plugins, themes
from palabre.agenda.routes import EVENT_PAGES
from palabre.agenda.routes import PAGES as AGENDA
from palabre.background import in_background
from palabre.database.connection import connected
from palabre.events.domain.derived import keep_origin
from palabre.events.domain.repairing import keep_repairing
from palabre.events.routes import PAGES as EVENTS
from palabre.explaining.routes import PAGES as EXPLAINING
from palabre.feeds.http import FeedHttp
from palabre.feeds.store import FeedStore
from palabre.importing.routes import PAGES as IMPORTING
from palabre.jobs.registry import Registry
from palabre.jobs.routes import PAGES as JOB_PAGES
from palabre.legal.following import follow
from palabre.legal.routes import PAGES as LEGAL
from palabre.mail import domain as mail
from palabre.mail.delivery import delivering
from palabre.oidc.doors import doors_of
from palabre.oidc.routes import PAGES as OIDC
from palabre.organisations.routes import PAGES as ORGANISATIONS
from palabre.people.models import User
from palabre.people.permissions import Actor
from palabre.people.routes import PAGES as PEOPLE
from palabre.plugins.routes import PAGES as PLUGINS
from palabre.privacy.routes import PAGES as PRIVACY
from palabre.recovery.http import Recovery
from palabre.settings import Settings
from palabre.subscribing.routes import PAGES as SUBSCRIBING
from palabre.themes.routes import PAGES as THEMES
from palabre.venues.routes import PAGES as VENUES
from palabre.web.hosts import TrustedHosts
from palabre.web.language import LanguageMiddleware
from palabre.web.machines import PAGES as MACHINES
from palabre.web.navigation import Item
from palabre.web.pages import HANDLERS
from palabre.web.routing import admits, to_routes
from palabre.web.security import SecurityHeaders
from palabre.web.site import Site
from palabre.web.static import Static
from palabre.web.templates import Folders, Templates, create_static, loader
from palabre.work import JOBS, working

PAGES = [
    *MACHINES,
    *AGENDA,
    *SUBSCRIBING,
    *VENUES,
    *PEOPLE,
    *OIDC,
    *PRIVACY,
    *LEGAL,
    *EVENTS,
    *IMPORTING,
    *EVENT_PAGES,
    *JOB_PAGES,
    *PLUGINS,
    *EXPLAINING,
    *ORGANISATIONS,
    *THEMES,
]


def create_app(settings: Settings, database_url: str, found: plugins.Plugins) -> ASGIApp:
    """Return the application for a migrated database; its lifespan connects and disconnects.

    `found` are the process's plugins, loaded once.
    """
    plugins.use(found)
    static, site = _site(settings, database_url, found)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with connected(database_url, found.models()):
            await keep_origin(settings.origin)
            site.demo = await User.exists(is_demo=True)
            await found.start(database_url)
            await site.feeds.start()
            try:
                async with (
                    working(settings, site.jobs),
                    delivering(settings),
                    in_background(keep_repairing()),
                    in_background(follow(site)),
                ):
                    yield
            finally:
                await site.feeds.stop()
                await found.stop()

    app = Starlette(
        routes=[Route("/static/{path:path}", static), *to_routes([*PAGES, *found.pages])],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it goes by the Host header (palabre.web.pages.http)
    app.state.site = site
    return _around(app, site)


def _site(settings: Settings, database_url: str, found: plugins.Plugins) -> tuple[Static, Site]:
    """Return what answers for files, and the site's parts."""
    theme = themes.load(settings.theme)
    i18n.add_catalogues([*([theme.locale] if theme.locale else []), *found.locales().values()])
    folders = Folders(theme, found.templates(), found.statics())
    mail.use(loader(folders), theme.tokens)
    static = create_static(folders)
    site = Site(
        settings,
        Templates(settings, static, folders, _plugin_items, lambda: found.safe),
        FeedStore(settings, database_url),
        Registry(JOBS, found),
        doors=doors_of(settings),
    )
    return static, site


def _around(app: ASGIApp, site: Site) -> ASGIApp:
    """Put the layers around the whole application, so that an error's page has them as well."""
    hosted = TrustedHosts(LanguageMiddleware(app), site.settings)
    pages = SecurityHeaders(Recovery(hosted, site.settings), secure=site.settings.secure)
    return FeedHttp(pages, site.feeds, site.filters)


def _plugin_items(actor: Actor) -> Sequence[Item]:
    """Return the plugins' links that `actor` may follow."""
    return [
        Item(i18n.gettext(item.title), item.path)
        for item in plugins.current().navigation
        if admits(actor, item.permission)
    ]
