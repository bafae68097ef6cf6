"""Plugins: find them, ask them, keep their failures from everybody else.

`current()` is the process's plugins; the application sets them with `use`. Plugin authors read
`palabre.hookspecs` and import `palabre.api`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from palabre.people import granted
from palabre.plugins.manager import Options, Plugins

__all__ = ["Plugins", "active_for", "current", "settings_of", "taking_part", "use"]

_current = Plugins()


def current() -> Plugins:
    """Return the plugins of this process; none before `use`."""
    return _current


def use(plugins: Plugins) -> None:
    """Make `plugins` those of this process."""
    global _current  # noqa: PLW0603  # one set of plugins per process, replaced only at its start
    _current = plugins
    granted.ask(plugins.action)


def settings_of(model: type[Options]) -> Options:
    """Return a plugin's settings as they are now, given the type that its manifest names.

    Costs no query: each process keeps them, and follows a change within a second. Before the
    plugin runs, as in a unit test, these are the defaults.
    """
    return _current.settings(model)


@asynccontextmanager
async def taking_part(plugins: Plugins, database_url: str) -> AsyncIterator[None]:
    """Let `plugins` guard and be told for a while, as a command needs it; the server delivers.

    Enter it after the database is connected with `plugins.models()`.
    """
    before = current()
    use(plugins)
    try:
        await plugins.start(database_url, delivering=False)
        yield
    finally:
        await plugins.stop()
        use(before)


def active_for(plugin: str, organisation_id: UUID) -> bool:
    """Whether `plugin` takes part here, and is on for this organisation; asks no database."""
    return current().active_for(plugin, organisation_id)
