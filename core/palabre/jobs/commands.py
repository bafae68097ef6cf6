"""`palabre worker`: does the background jobs, beside or instead of `palabre serve`."""

import asyncio
import signal
from contextlib import suppress

import typer

from palabre.database.connection import connected
from palabre.database.embedded import database
from palabre.i18n import gettext as _
from palabre.jobs.registry import Registry
from palabre.plugins import Plugins, taking_part
from palabre.settings import Settings, from_environment


def worker() -> None:
    """Faire les travaux d’arrière-plan, à côté de « palabre serve » ; Ctrl-C arrête."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the same as Ctrl-C
    settings = from_environment().model_copy(update={"worker": True})
    plugins = Plugins.load(settings)
    with suppress(KeyboardInterrupt), database(settings) as url:
        asyncio.run(_work(settings, url, plugins))


async def _work(settings: Settings, url: str, plugins: Plugins) -> None:
    from palabre.work import JOBS, working  # the other commands need none of the jobs

    async with (
        connected(url, plugins.models()),
        taking_part(plugins, url),
        working(settings, Registry(JOBS, plugins)),
    ):
        typer.echo(_("Les travaux d’arrière-plan tournent ici. Ctrl-C pour arrêter."))
        await asyncio.Event().wait()
