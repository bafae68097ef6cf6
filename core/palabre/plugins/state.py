"""What administrators and the breaker decided about plugins, in table core_plugin.

A plugin without a row is enabled: installing it was the decision. Every change is announced on the
channel `palabre_plugins`, so that all processes follow at once.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

import asyncpg

from palabre.errors import Refused
from palabre.i18n import gettext as _

CHANNEL = "palabre_plugins"
SAFE_MODE = "plugins_safe_mode"  # in core_setting
REASON_LENGTH = 500  # characters kept of why a plugin was paused; the log has the rest


@dataclass(frozen=True, slots=True)
class State:
    """One plugin's row; `guards` are the guarding hooks it had when it last loaded.

    `version` is the one whose migrations ran here last; `purged` that it has no data any more, and
    gets no tables before it is enabled. `settings` and `secrets` are JSON; `settings_version` counts
    their changes.
    `guards_where_on` says that these concern only the organisations for which it is on; `offered`
    that organisations may switch it on. `changed_at` differs after every decision; what happened
    before it doesn't count any more.
    """

    enabled: bool = True
    paused: bool = False
    pause_reason: str = ""
    guards: frozenset[str] = frozenset()
    version: str = ""
    purged: bool = False
    settings: str = "{}"
    secrets: str = field(default="{}", repr=False)
    settings_version: int = 0
    guards_where_on: bool = False
    offered: bool = True
    changed_at: datetime | None = None

    def with_pause(self, reason: str) -> "State":
        """Return this state, paused for `reason`."""
        return replace(self, paused=True, pause_reason=reason[:REASON_LENGTH])


class Executes(Protocol):
    """A connection: `palabre.database.connection.Connection`, or asyncpg's own."""

    async def execute(self, query: str, *values: object) -> object:
        """Run a command."""


async def read(connection: asyncpg.Connection) -> dict[str, State]:
    """Return the state of every plugin that has a row, by name.

    Raises Refused when the database was not migrated yet.
    """
    try:
        rows = await connection.fetch(
            "SELECT name, enabled, paused_at IS NOT NULL AS paused, pause_reason, guards,"
            " version, purged_at IS NOT NULL AS purged, settings, secrets, settings_version,"
            " guards_where_on, offered, changed_at FROM core_plugin"
        )
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise Refused(
            _("La base de données n’est pas à jour : lancez d’abord « palabre migrate ».")
        ) from error
    return {row["name"]: _state(row) for row in rows}


def _state(row: asyncpg.Record) -> State:
    columns = {name: value for name, value in row.items() if name != "name"}
    return State(**columns | {"guards": frozenset(row["guards"])})


async def remember_guards(
    connection: asyncpg.Connection, name: str, guards: frozenset[str], *, where_on: bool
) -> None:
    """Keep which guards a plugin has and whom they concern, for the day when it can't be loaded."""
    await connection.execute(
        "INSERT INTO core_plugin (name, guards, guards_where_on) VALUES ($1, $2, $3)"
        " ON CONFLICT (name) DO UPDATE SET guards = excluded.guards,"
        " guards_where_on = excluded.guards_where_on",
        name,
        sorted(guards),
        where_on,
    )


async def pause(
    connection: Executes, name: str, reason: str, since: datetime | None = None
) -> None:
    """Pause a plugin in every process, for what happened at `since` (now).

    A pause that stands already keeps its first reason; what an administrator decided after `since`
    stands.
    """
    await connection.execute(
        "INSERT INTO core_plugin AS p (name, paused_at, pause_reason) VALUES ($1, now(), $2)"
        " ON CONFLICT (name) DO UPDATE SET paused_at = now(), pause_reason = excluded.pause_reason,"
        " changed_at = now() WHERE p.paused_at IS NULL AND p.changed_at <= $3",
        name,
        reason,
        since or datetime.now(UTC),
    )
    await _announce(connection, name)


async def pause_at(database_url: str, name: str, reason: str) -> None:
    """Pause a plugin over a connection of its own, before the site is connected."""
    connection = await asyncpg.connect(database_url)
    try:
        await pause(connection, name, reason[:REASON_LENGTH])
    finally:
        await connection.close()


async def set_enabled(connection: Executes, name: str, *, enabled: bool) -> None:
    """Enable a plugin, which also ends its pause, or disable it; all processes follow."""
    await connection.execute(
        "INSERT INTO core_plugin AS p (name, enabled) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE"
        " SET enabled = excluded.enabled, paused_at = NULL, pause_reason = '', changed_at = now(),"
        " purged_at = CASE WHEN excluded.enabled THEN NULL ELSE p.purged_at END",
        name,
        enabled,
    )
    # What it says of events comes into the feeds, or leaves them, once all processes know.
    await connection.execute(
        "INSERT INTO core_event_due (plugin, event_id, due_at)"
        " SELECT $1, id, now() + interval '2 seconds' FROM core_event WHERE extras ? $1"
        " ON CONFLICT (plugin, event_id) DO UPDATE SET due_at = excluded.due_at",
        name,
    )
    await _announce(connection, name)


async def touch(connection: Executes, name: str) -> None:
    """Have all processes read again what is known of a plugin."""
    await connection.execute(
        "INSERT INTO core_plugin (name) VALUES ($1)"
        " ON CONFLICT (name) DO UPDATE SET changed_at = clock_timestamp()",
        name,
    )
    await _announce(connection, name)


async def is_safe(connection: asyncpg.Connection) -> bool:
    """Whether the site runs in safe mode: all plugins paused, the theme set aside."""
    return bool(
        await connection.fetchval("SELECT true FROM core_setting WHERE name = $1", SAFE_MODE)
    )


async def set_safe(connection: Executes, *, on: bool) -> None:
    """Begin or end the safe mode; all processes follow."""
    if on:
        await connection.execute(
            "INSERT INTO core_setting (name, value) VALUES ($1, 'on') ON CONFLICT DO NOTHING",
            SAFE_MODE,
        )
    else:
        await connection.execute("DELETE FROM core_setting WHERE name = $1", SAFE_MODE)
    await _announce(connection, "")


async def set_settings(
    connection: Executes, name: str, settings: Mapping[str, object], secrets: Mapping[str, object]
) -> None:
    """Keep a plugin's settings; all processes follow."""
    await connection.execute(
        "INSERT INTO core_plugin AS p (name, settings, secrets, settings_version)"
        " VALUES ($1, $2::jsonb, $3::jsonb, 1) ON CONFLICT (name) DO UPDATE"
        " SET settings = excluded.settings, secrets = excluded.secrets,"
        " settings_version = p.settings_version + 1, changed_at = now()",
        name,
        json.dumps(settings, ensure_ascii=False),
        json.dumps(secrets, ensure_ascii=False),
    )
    await _announce(connection, name)


async def set_purged(connection: Executes, name: str) -> None:
    """Keep of a plugin only that it was purged, so that running processes leave it alone."""
    await connection.execute("DELETE FROM core_plugin WHERE name = $1", name)
    await connection.execute(
        "INSERT INTO core_plugin (name, enabled, purged_at) VALUES ($1, false, now())", name
    )
    await _announce(connection, name)


async def remember_versions(connection: Executes, versions: Mapping[str, str]) -> None:
    """Keep which version of each plugin the database was last prepared for."""
    await connection.execute(
        "INSERT INTO core_plugin AS p (name, version) SELECT * FROM unnest($1::text[], $2::text[])"
        " ON CONFLICT (name) DO UPDATE SET version = excluded.version"
        " WHERE p.version <> excluded.version AND p.purged_at IS NULL",
        list(versions),
        list(versions.values()),
    )


async def forget_purged(connection: Executes, installed: Collection[str]) -> None:
    """Forget the purged plugins that are not installed any more: the next time, they are new."""
    await connection.execute(
        "DELETE FROM core_plugin WHERE purged_at IS NOT NULL AND name <> ALL($1::text[])",
        list(installed),
    )


async def _announce(connection: Executes, name: str) -> None:
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, name)
