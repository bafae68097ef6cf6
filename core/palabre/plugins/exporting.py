"""A plugin's data in a file, and back: a ZIP of one CSV per table beside `plugin.json`.

`plugin.json` says the format (1), the plugin's name and version, when it was written, the
migrations that made the tables, each table's columns with PostgreSQL's types and number of rows,
and the settings without secrets. `tables/NAME.csv` is what COPY writes: UTF-8, a header, an empty
field without quotes for NULL. All tables are of one moment. Nothing here needs the plugin's code.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import asyncpg

from palabre.audit.domain import record
from palabre.database.connection import Connection, own_connection, transaction
from palabre.database.migrations import history
from palabre.database.removal import keep_schema, quoted, tables_of
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.people.permissions import Actor
from palabre.plugins import state
from palabre.plugins.domain import known_holdings

FORMAT = 1
MAX_DESCRIPTION = 4 * 1024 * 1024  # bytes of plugin.json that we read back

COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
 WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
 ORDER BY attnum
"""
POINTS_TO = """
SELECT DISTINCT c.relname AS table_name, t.relname AS other FROM pg_constraint
  JOIN pg_class c ON c.oid = conrelid JOIN pg_class t ON t.oid = confrelid
 WHERE contype = 'f' AND c.relname = ANY($1) AND t.relname = ANY($1) AND c.oid <> t.oid
"""
COUNTERS = """
SELECT attname AS name, pg_get_serial_sequence($1, attname) AS sequence FROM pg_attribute
 WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
   AND pg_get_serial_sequence($1, attname) IS NOT NULL
"""


async def export(actor: Actor, name: str, file: Path) -> int:
    """Write all that the plugin `name` holds into `file`; returns the number of rows.

    Raises NotFound when it holds nothing.
    """
    connection = await own_connection()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await known_holdings(connection, name)
            rows = await _write(connection, name, file)
    finally:
        await connection.close()
    await record(actor, "plugin.export", kind="plugin", object_id=name, rows=rows)
    return rows


async def _write(connection: asyncpg.Connection, name: str, file: Path) -> int:
    tables: dict[str, Any] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in await tables_of(connection, name):
            columns = {
                row["name"]: row["type"] for row in await connection.fetch(COLUMNS, quoted(table))
            }
            rows = await _copy_out(connection, archive, table, list(columns))
            tables[table] = {"columns": columns, "rows": rows}
        row = await connection.fetchrow(
            "SELECT version, settings FROM core_plugin WHERE name = $1", name
        )
        description = {
            "format": FORMAT,
            "plugin": name,
            "version": row["version"] if row else "",
            "exported_at": datetime.now(UTC).isoformat(),
            "migrations": await _migrations(connection, name),
            "tables": tables,
            "settings": json.loads(row["settings"]) if row else {},
        }
        text = json.dumps(description, ensure_ascii=False, indent=1)
        archive.writestr("plugin.json", text)
    return sum(table["rows"] for table in tables.values())


async def _copy_out(
    connection: asyncpg.Connection, archive: zipfile.ZipFile, table: str, columns: Sequence[str]
) -> int:
    with archive.open(f"tables/{table}.csv", "w", force_zip64=True) as entry:

        async def take(data: bytes) -> None:
            entry.write(data)

        tag = await connection.copy_from_table(
            table, columns=columns, output=take, format="csv", header=True
        )
    return int(tag.split()[1])


async def _migrations(connection: Any, name: str) -> dict[str, str]:  # noqa: ANN401  asyncpg's or ours
    every = await history(connection)
    return {key: sha for key, sha in sorted(every.items()) if key.startswith(f"{name}/")}


async def restore(actor: Actor, name: str, file: Path) -> int:
    """Put what `export` wrote back into the plugin's empty tables; returns the number of rows.

    Settings that were exported come back, too; secrets have to be typed anew. All or nothing.
    Raises Refused when the file is no export of this plugin, when its tables are not as they were,
    or hold rows already, and when a row points to something that is gone.
    """
    with _opened(file) as archive:
        description = _described(archive, name)
        try:
            async with transaction() as connection:
                await keep_schema(connection)
                await _check_tables(connection, name, description)
                await _copy_in(connection, archive, description["tables"])
                await _restore_settings(connection, name, description["settings"])
                rows: int = sum(table["rows"] for table in description["tables"].values())
                await record(actor, "plugin.restore", kind="plugin", object_id=name, rows=rows)
        except asyncpg.PostgresError as error:
            raise Refused(
                _("Ces données ne peuvent pas revenir : {reason}. Rien n’a été changé.").format(
                    reason=(error.as_dict().get("detail") or str(error)).rstrip(".")
                )
            ) from error
    return rows


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused(
            _("Le fichier {file} ne peut pas être lu comme un export.").format(file=file)
        ) from error


def _described(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """Return plugin.json, its shape checked."""
    strange = Refused(_("Ce fichier n’est pas l’export d’une extension, ou il est abîmé."))
    try:
        if archive.getinfo("plugin.json").file_size > MAX_DESCRIPTION:
            raise strange
        said = json.loads(archive.read("plugin.json"))
        tables = {
            str(table): {"columns": dict(words["columns"]), "rows": int(words["rows"])}
            for table, words in said["tables"].items()
        }
        found = {
            "plugin": str(said["plugin"]),
            "migrations": dict(said["migrations"]),
            "tables": tables,
            "settings": dict(said["settings"]),
        }
        if said["format"] != FORMAT:
            raise strange
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise strange from error
    if found["plugin"] != name:
        raise Refused(
            _("Ce fichier est l’export de « {other} », pas de « {name} ».").format(
                other=found["plugin"], name=name
            )
        )
    return found


async def _check_tables(connection: Connection, name: str, described: Mapping[str, Any]) -> None:
    tables = await tables_of(connection, name)
    if (
        await _migrations(connection, name) != described["migrations"]
        or sorted(described["tables"]) != tables
    ):
        raise Refused(
            _(
                "Les tables de « {name} » ne sont plus celles de l’export. Installez la version qui"
                " l’a écrit, restaurez, puis mettez à jour. Rien n’a été changé."
            ).format(name=name)
        )
    for table in tables:
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {quoted(table)})"):  # noqa: S608  a name the catalogue gave
            raise Refused(
                _(
                    "La table {table} contient déjà des données. Purgez l’extension, activez-la, puis"
                    " restaurez. Rien n’a été changé."
                ).format(table=table)
            )


async def _copy_in(
    connection: Connection, archive: zipfile.ZipFile, tables: Mapping[str, Any]
) -> None:
    for table in await _in_order(connection, list(tables)):
        columns = {
            row["name"]: row["type"] for row in await connection.fetch(COLUMNS, quoted(table))
        }
        with archive.open(f"tables/{table}.csv") as source:
            header = next(csv.reader(io.StringIO(source.readline().decode())), [])
            if header != list(columns):
                raise Refused(_("Ce fichier n’est pas l’export d’une extension, ou il est abîmé."))
            await connection.raw.copy_to_table(
                table, columns=header, source=source, format="csv", header=False
            )
        for row in await connection.fetch(COUNTERS, quoted(table)):
            await connection.execute(
                f"SELECT setval($1::regclass, coalesce(max({quoted(row['name'])}), 0) + 1, false)"  # noqa: S608  a name the catalogue gave
                f" FROM {quoted(table)}",
                row["sequence"],
            )


async def _in_order(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Return `tables`, each after those that it points to."""
    needs: dict[str, set[str]] = {table: set() for table in tables}
    for row in await connection.fetch(POINTS_TO, list(tables)):
        needs[row["table_name"]].add(row["other"])
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise Refused(
            _("Ces tables renvoient les unes aux autres : Palabre ne sait pas les restaurer.")
        ) from error


async def _restore_settings(
    connection: Connection, name: str, settings: Mapping[str, object]
) -> None:
    if settings:
        await state.set_settings(connection, name, settings, {})
