"""`palabre serve`: the database, its migrations, the site, and a clean end of all of them."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

import structlog
import uvicorn

from palabre import demo as season
from palabre.app import create_app
from palabre.database.connection import connected
from palabre.database.embedded import database
from palabre.errors import Refused
from palabre.feeds.protocol import FeedProtocol
from palabre.i18n import gettext as _
from palabre.people.models import User
from palabre.plugins import Plugins, memory, taking_part
from palabre.settings import Settings

BACKLOG = 2048
GRACE = 5  # seconds for answers under way when the server stops

log = structlog.get_logger("palabre")


def serve(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM; with `demo`, an empty site is filled with the demo first.

    Raises Refused when the port is taken, the data folder is in use or a migration fails.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C, at any moment
    with (
        suppress(KeyboardInterrupt),
        _listening(settings) as listener,
        database(settings, own=True) as url,
    ):
        plugins = Plugins.load(settings)
        asyncio.run(_prepare(settings, url, plugins, demo=demo))
        config = uvicorn.Config(
            create_app(settings, url, plugins),
            loop="uvloop",
            http=FeedProtocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=GRACE,
        )
        memory.bound()
        _Server(config).run(sockets=[listener])
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the database is being stopped: let it


class _Server(uvicorn.Server):
    """A server that stops once, however often it is asked to; GRACE bounds how long that takes."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's own
        """Stop; unlike uvicorn, neither drop answers at the second Ctrl-C nor raise it again."""
        self.should_exit = True


async def _prepare(settings: Settings, url: str, plugins: Plugins, *, demo: bool) -> None:
    await plugins.migrate(url)
    async with connected(url, plugins.models()), taking_part(plugins, url):
        if demo and await season.is_empty():
            try:
                await season.load()
            except Refused as refusal:  # a plugin's guard may object; the site starts all the same
                log.warning("demo_refused", why=refusal.message)
        shown = await User.exists(is_demo=True)
    _say_welcome(settings, demo=shown)


def _say_welcome(settings: Settings, *, demo: bool) -> None:
    """Print where the site is and how to come in."""
    say = partial(print, flush=True)
    say(_("Palabre répond sur {origin}").format(origin=settings.origin))
    say(_("Calendrier à abonner : {origin}/agenda.ics").format(origin=settings.origin))
    if demo:
        say(
            _("Comptes de démonstration (mot de passe : {password}) :").format(
                password=season.PASSWORD
            )
        )
        for account in season.ACCOUNTS:
            say(f"  {account.name:34} {account.email}")
    say(_("Ctrl-C pour arrêter."))


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Refused(
            _(
                "Impossible d’écouter sur {host}:{port} ({reason}). Un autre programme s’en sert"
                " peut-être : arrêtez-le, ou choisissez un autre port avec PALABRE_PORT."
            ).format(host=settings.host, port=settings.port, reason=error.strerror)
        ) from error
    with listener:
        yield listener
