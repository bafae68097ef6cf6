"""How far each plugin reaches: who has its actions, and for which organisations it is on.

Part of a plugin's state: read by every process when the row in core_plugin has changed, and held in
memory, so that nobody asks the database about it afterwards.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

import asyncpg

from palabre.database.connection import Connection
from palabre.plugins import state
from palabre.plugins.state import Executes

_GRANTS = "SELECT plugin, action, roles FROM core_plugin_permission WHERE plugin = ANY($1)"
_ORGANISATIONS = """
SELECT plugin, array_agg(organisation_id) AS ids FROM core_plugin_organisation
WHERE plugin = ANY($1) GROUP BY plugin
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What was decided about a plugin's reach; an action without a line is as its manifest says."""

    grants: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    organisations: frozenset[UUID] = frozenset()


async def read(connection: asyncpg.Connection, plugins: Collection[str]) -> dict[str, Scope]:
    """Return the reach of each of `plugins`."""
    grants: dict[str, dict[str, frozenset[str]]] = {name: {} for name in plugins}
    for row in await connection.fetch(_GRANTS, list(plugins)):
        grants[row["plugin"]][row["action"]] = frozenset(row["roles"])
    rows = await connection.fetch(_ORGANISATIONS, list(plugins))
    on_for = {row["plugin"]: frozenset(row["ids"]) for row in rows}
    return {name: Scope(grants[name], on_for.get(name, frozenset())) for name in plugins}


async def grant(connection: Executes, plugin: str, action: str, roles: Iterable[str]) -> None:
    """Give an action of `plugin` to these roles, and to no others."""
    await connection.execute(
        "INSERT INTO core_plugin_permission (action, plugin, roles) VALUES ($1, $2, $3)"
        " ON CONFLICT (action) DO UPDATE SET plugin = excluded.plugin, roles = excluded.roles",
        action,
        plugin,
        sorted(roles),
    )
    await state.touch(connection, plugin)


async def switch(connection: Executes, plugin: str, organisation_id: UUID, *, on: bool) -> None:
    """Switch `plugin` on or off for an organisation."""
    if on:
        command = (
            "INSERT INTO core_plugin_organisation (plugin, organisation_id) VALUES ($1, $2)"
            " ON CONFLICT DO NOTHING"
        )
    else:
        command = "DELETE FROM core_plugin_organisation WHERE plugin = $1 AND organisation_id = $2"
    await connection.execute(command, plugin, organisation_id)
    await state.touch(connection, plugin)


async def move(connection: Connection, gone: UUID, into: UUID) -> None:
    """Let the plugins that are on for the organisation `gone` be on for `into` instead."""
    rows = await connection.fetch(
        "WITH moved AS (DELETE FROM core_plugin_organisation WHERE organisation_id = $1"
        " RETURNING plugin), taken AS (INSERT INTO core_plugin_organisation (plugin,"
        " organisation_id) SELECT plugin, $2 FROM moved ON CONFLICT DO NOTHING)"
        " SELECT plugin FROM moved",
        gone,
        into,
    )
    for row in rows:
        await state.touch(connection, row["plugin"])


async def offer(connection: Executes, plugin: str, *, offered: bool) -> None:
    """Let organisations switch `plugin` on for themselves, or no longer; who has it keeps it."""
    await state.touch(connection, plugin)
    await connection.execute("UPDATE core_plugin SET offered = $2 WHERE name = $1", plugin, offered)
