"""Plugins' list filters at the start: is their SQL what they say, and which names were ever given.

The SQL is fixed text of a plugin, and values travel as arguments. What is asked here is whether it
works at all: that it reads the plugin's own tables and nothing else, gives ids of events, and that
one of its tables tells the feeds when it changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from palabre.hookvalues import VALUES, ListFilter

_USED = """
SELECT c.relname, EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                          WHERE t.tgrelid = c.oid AND p.proname = 'core_lists_changed') AS followed
FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = d.refobjid
WHERE r.ev_class = 'palabre_tried'::regclass AND d.classid = 'pg_rewrite'::regclass
  AND d.refclassid = 'pg_class'::regclass AND c.oid <> r.ev_class
GROUP BY c.oid, c.relname
"""
_TYPES = """
SELECT format_type(atttypid, atttypmod) AS kind FROM pg_attribute
WHERE attrelid = 'palabre_tried'::regclass AND attnum > 0 ORDER BY attnum
"""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A filter that a plugin has or had; `closed` when the plugin was purged."""

    name: str
    plugin: str
    label: str
    closed: bool


async def fault_of(
    connection: asyncpg.Connection, plugin: str, filters: Sequence[ListFilter]
) -> str:
    """Return what is wrong with the SQL of these filters, with the cure; "" when nothing is."""
    for each in filters:
        for sql, types in _statements(each):
            fault = await _tried(connection, plugin, sql, types, is_rule=sql is each.events)
            if fault:
                return f"le filtre {each.name!r} : {fault}"
    return ""


async def remember(
    connection: asyncpg.Connection, plugin: str, filters: Sequence[ListFilter]
) -> None:
    """Keep the names of a plugin's filters, for the day when it is away."""
    await connection.executemany(
        "INSERT INTO core_list_filter AS f (name, plugin, label) VALUES ($1, $2, $3)"
        " ON CONFLICT (name) DO UPDATE"
        " SET plugin = excluded.plugin, label = excluded.label, closed_at = NULL"
        " WHERE (f.plugin, f.label, f.closed_at) IS DISTINCT FROM ($2, $3, NULL)",
        [(each.name, plugin, each.label) for each in filters],
    )


async def remembered(connection: asyncpg.Connection) -> tuple[Remembered, ...]:
    """Return all names that plugins' filters ever had."""
    rows = await connection.fetch(
        "SELECT name, plugin, label, closed_at IS NOT NULL AS closed FROM core_list_filter"
        " ORDER BY name"
    )
    return tuple(Remembered(**row) for row in rows)


def _statements(each: ListFilter) -> Iterator[tuple[str, list[str]]]:
    yield each.events, ["uuid"]
    if each.options:
        yield each.options, ["text", "text"]


async def _tried(
    connection: asyncpg.Connection, plugin: str, sql: str, types: list[str], *, is_rule: bool
) -> str:
    """Make a view of the statement, look at what it uses, and undo it."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        tried = sql.replace(VALUES, "'{}'::text[]")
        view = f"CREATE TEMP VIEW palabre_tried AS SELECT * FROM ({tried}) AS t"  # noqa: S608  a plugin's own text, fixed in its code
        await connection.execute(view)
        given = [row["kind"] for row in await connection.fetch(_TYPES)]
        used = await connection.fetch(_USED)
    except asyncpg.PostgresError as error:
        return f"PostgreSQL le refuse ({error})."
    finally:
        await transaction.rollback()
    if given != types:
        return f"il donne {', '.join(given)} ; il faut {', '.join(types)}."
    if foreign := [row["relname"] for row in used if not row["relname"].startswith(f"{plugin}_")]:
        return f"il lit {', '.join(foreign)}, qui n’est pas à l’extension."
    if is_rule and not any(row["followed"] for row in used):
        return (
            "aucune de ses tables ne prévient les agendas : ajoutez à une migration"
            f" SELECT core_follow_lists('{plugin}_…', 'event_id');"
        )
    return ""
