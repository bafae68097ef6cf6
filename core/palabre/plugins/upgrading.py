"""Brings the database up to date for the installed plugins, before a process uses them."""

from typing import TYPE_CHECKING

import structlog

from palabre.database.migrations import Applied, Package, migrate, migrate_apart, session
from palabre.plugins import state
from palabre.plugins.versions import older

if TYPE_CHECKING:
    from palabre.plugins.manager import Plugins

log = structlog.get_logger("palabre.plugins")


async def upgrade(plugins: "Plugins", database_url: str) -> list[Applied]:
    """Migrate the core, then each plugin for itself; returns what ran.

    A plugin whose migration fails is refused and paused, with the tables that it had; one that is
    older than its tables is refused. Raises what `migrate` raises for the core's.
    """
    applied = await migrate(database_url)
    more, failures = await migrate_apart(database_url, await _due(plugins, database_url))
    for name, why in failures.items():
        log.error("plugin_migration_refused", plugin=name, why=why)
        plugins.refuse(name, why)
        await state.pause_at(database_url, name, why)
    await _remember(plugins, database_url)
    return applied + more


async def _due(plugins: "Plugins", database_url: str) -> list[Package]:
    """Return whose migrations may run: not those of older versions, nor of purged plugins."""
    async with session(database_url) as connection:
        if not plugins.safe_mode:
            await state.forget_purged(connection, [e.name for e in plugins.extensions])
        plugins.follow(await state.read(connection))
    refuse_older(plugins)
    left_out = {e.name for e in plugins.extensions if e.state.purged or e.loaded.fault}
    return [package for package in plugins.packages() if package.name not in left_out]


def refuse_older(plugins: "Plugins") -> None:
    """Refuse the plugins that are older than what the database was prepared for."""
    for extension in plugins.extensions:
        if why := older(extension):
            log.error("plugin_older", plugin=extension.name, why=why)
            plugins.refuse(extension.name, why)


async def _remember(plugins: "Plugins", database_url: str) -> None:
    """Keep the versions that the database is now prepared for."""
    versions = {
        e.name: e.loaded.manifest.version
        for e in plugins.extensions
        if e.loaded.manifest and not e.loaded.fault
    }
    async with session(database_url) as connection:
        await state.remember_versions(connection, versions)
