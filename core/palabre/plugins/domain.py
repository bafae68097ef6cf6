"""What administrators do with plugins, for all processes and in the journal.

Each works on a populated database, by two people at once, and with the plugin's code gone: a
decision is one transaction, and what ran half-way leaves nothing.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from palabre.audit.domain import record
from palabre.database.connection import address, fetch, transaction
from palabre.database.migrations import CORE, Package, history, migrate_apart
from palabre.database.removal import Session, drop, keep_schema, row_counts
from palabre.errors import Conflict, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor
from palabre.plugin_settings import PluginSettings, raw_values
from palabre.plugins import state
from palabre.plugins.belongings import BELONGINGS
from palabre.plugins.loading import NAME, RESERVED_NAMES


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the database holds for a plugin: rows by table, and rows of the core's by their words."""

    tables: dict[str, int]
    belongings: dict[str, int]
    has_settings: bool
    is_known: bool

    @property
    def rows(self) -> int:
        """All rows of its own tables."""
        return sum(self.tables.values())


async def holdings(connection: Session, name: str) -> Holdings:
    """Return what the database holds for the plugin `name`, whether it is installed or not."""
    known = bool(NAME.fullmatch(name)) and name not in RESERVED_NAMES
    tables = await row_counts(connection, name) if known else {}
    belongings = {
        belonging.words: await connection.fetchval(belonging.count, name)
        for belonging in BELONGINGS
        if belonging.words
    }
    row = await connection.fetch(
        "SELECT settings || secrets <> '{}' AS has_settings FROM core_plugin"
        " WHERE name = $1 AND purged_at IS NULL",
        name,
    )
    migrated = any(key.startswith(f"{name}/") for key in await history(connection)) and known
    is_known = known and bool(tables or row or migrated or any(belongings.values()))
    return Holdings(tables, belongings, bool(row and row[0]["has_settings"]), is_known)


async def known_holdings(connection: Session, name: str) -> Holdings:
    """Return the holdings of the plugin `name`. Raises NotFound when there are none."""
    found = await holdings(connection, name)
    if not found.is_known:
        raise NotFound(_("Aucune extension « {name} » n’a de données ici.").format(name=name))
    return found


async def look(name: str) -> Holdings:
    """Return the holdings of the plugin `name` while nobody migrates or purges; raises NotFound."""
    async with transaction() as connection:
        await keep_schema(connection)
        return await known_holdings(connection, name)


async def left_behind(installed: Collection[str]) -> list[str]:
    """Return the plugins that have data here though their code is not installed, by name."""
    rows = await fetch(
        "SELECT package AS name FROM core_migration WHERE package <> $1"
        " UNION SELECT name FROM core_plugin WHERE purged_at IS NULL ORDER BY 1",
        CORE.name,
    )
    return [row["name"] for row in rows if row["name"] not in installed]


async def enable(actor: Actor, name: str, packages: Sequence[Package]) -> None:
    """Enable the plugin `name`, which also ends its pause; a purged one gets its tables again.

    `packages` are the installed plugins' migrations. Raises Refused when those of a purged plugin
    fail, and when somebody purges it at the same time.
    """
    rows = await fetch("SELECT name FROM core_plugin WHERE purged_at IS NOT NULL")
    purged = {row["name"] for row in rows}
    if name in purged:
        due = [package for package in packages if package.name not in purged - {name}]
        _applied, failures = await migrate_apart(address(), due)
        if name in failures:
            raise Refused(failures[name])
    async with transaction() as connection:
        if name in purged:
            await _still_there(connection, name, packages)
        await state.set_enabled(connection, name, enabled=True)
        await record(actor, "plugin.enable", kind="plugin", object_id=name)


async def _still_there(connection: Session, name: str, packages: Sequence[Package]) -> None:
    """Refuse when the tables that were just made are gone again; they stay until we commit."""
    await connection.execute("LOCK TABLE core_migration IN SHARE MODE")
    there = {key.split("/")[0] for key in await history(connection)}
    if name not in there and any(package.name == name for package in packages):
        raise Refused(
            _(
                "Quelqu’un d’autre vient de purger cette extension. Rien n’a été changé : recommencez."
            )
        )


async def disable(actor: Actor, name: str) -> None:
    """Disable the plugin `name`; its data stay."""
    async with transaction() as connection:
        await state.set_enabled(connection, name, enabled=False)
        await record(actor, "plugin.disable", kind="plugin", object_id=name)


async def pause(actor: Actor, name: str, reason: str) -> None:
    """Pause the plugin `name`: it is asked nothing, and what it guards stays shut."""
    async with transaction() as connection:
        await state.pause(connection, name, reason)
        await record(actor, "plugin.pause", kind="plugin", object_id=name)


async def set_safe_mode(actor: Actor, *, on: bool) -> None:
    """Pause all plugins and set the theme aside, or end that; what guards stays shut meanwhile."""
    async with transaction() as connection:
        await state.set_safe(connection, on=on)
        action = "plugins.safe_mode" if on else "plugins.safe_mode_ended"
        await record(actor, action, kind="site", object_id="plugins")


async def save_settings(actor: Actor, name: str, settings: PluginSettings, version: int) -> None:
    """Store the settings of the plugin `name`, read when they were at `version`.

    The journal gets the names of what changed, never a value. Raises Conflict when somebody else
    stored theirs meanwhile.
    """
    values, secrets = raw_values(settings)
    async with transaction() as connection:
        await connection.execute(
            "INSERT INTO core_plugin (name) VALUES ($1) ON CONFLICT DO NOTHING", name
        )
        row = await connection.fetchrow(
            "SELECT settings || secrets AS stored, settings_version FROM core_plugin"
            " WHERE name = $1 FOR UPDATE",
            name,
        )
        if row is None or row["settings_version"] != version:
            raise Conflict(
                _(
                    "Quelqu’un d’autre a enregistré ces réglages entre-temps. Les vôtres n’ont pas été"
                    " enregistrés : relisez les leurs, puis corrigez-les."
                ),
                row["settings_version"] if row else 0,
            )
        before, after = json.loads(row["stored"]), values | secrets
        changed = sorted(
            key
            for key in before.keys() | after.keys()
            if before.get(key, ...) != after.get(key, ...)
        )
        if changed:
            await state.set_settings(connection, name, values, secrets)
            words = ", ".join(changed)
            await record(actor, "plugin.settings", kind="plugin", object_id=name, changed=words)


async def purge(actor: Actor, name: str) -> Holdings:
    """Delete all that the database holds for the plugin `name`; returns what that was.

    It is disabled first, so that running processes let go of it; then everything goes in one
    transaction. It stays disabled, without tables, until it is enabled or no longer installed.
    Raises NotFound when there is nothing, Refused when another plugin's tables point to its own.
    """
    await look(name)
    await disable(actor, name)
    async with transaction() as connection:
        await keep_schema(connection)
        found = await known_holdings(connection, name)  # somebody else may have been faster
        await drop(connection, name)
        for belonging in BELONGINGS:
            await connection.execute(belonging.forget, name)
        await state.set_purged(connection, name)
        facts = {"tables": len(found.tables), "rows": found.rows}
        await record(actor, "plugin.purge", kind="plugin", object_id=name, **facts)
    return found
