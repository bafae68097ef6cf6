"""The schema is what the models say, is indexed, and is the same however a database came to it."""

from pathlib import Path

import asyncpg
import pytest
from tortoise.context import require_context
from tortoise.models import Model

from palabre.database.connection import fetch
from palabre.database.migrations import migrate

OLDER = sorted((Path(__file__).parent / "older").glob("[0-9]*.sql"))

COLUMNS = """
SELECT column_name, udt_name, is_nullable = 'YES' AS nullable,
       column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS' AS fills_itself
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1
"""

TYPES = {
    "UUID": "uuid",
    "TEXT": "text",
    "BOOL": "bool",
    "TIMESTAMPTZ": "timestamptz",
    "DATE": "date",
    "INT": "int4",
    "SMALLINT": "int2",
    "BIGINT": "int8",
    "DOUBLE PRECISION": "float8",
    "JSONB": "jsonb",
    "BYTEA": "bytea",
    "TEXT[]": "_text",
    "UUID[]": "_uuid",
}

SCHEMA = """
SELECT 'column' AS kind, table_name || '.' || column_name AS name,
       concat_ws(' ', udt_name, is_nullable, column_default, is_identity, generation_expression) AS definition
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', oid::regprocedure::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'sequence', relname, '' FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""

UNINDEXED_FOREIGN_KEYS = """
SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
     SELECT FROM pg_index
      WHERE indrelid = conrelid AND indpred IS NULL AND (indkey::int2[])[0] = conkey[1])
"""


async def all_models() -> list[type[Model]]:
    apps = require_context().apps
    assert apps is not None
    return list(apps.get_models_iterable())


def types_of(model: type[Model]) -> dict[str, str]:
    """Each column's PostgreSQL type, as Tortoise would make it; text has many names there."""
    described = model.describe()
    fields = [described["pk_field"], *described["data_fields"]]
    types = {}
    for field in fields:
        wanted = field["db_field_types"].get("postgres") or field["db_field_types"][""]
        name = wanted.upper()
        types[field["db_column"]] = "text" if name.startswith("VARCHAR") else TYPES[name]
    return types


async def test_every_model_is_its_table(database: str) -> None:
    for model in await all_models():
        table = model._meta.db_table
        rows = {row["column_name"]: row for row in await fetch(COLUMNS, table)}
        types = types_of(model)
        nullable = {f.source_field or n for n, f in model._meta.fields_map.items() if f.null}

        assert {name: rows[name]["udt_name"] for name in types if name in rows} == types, table
        assert {n for n in types if rows[n]["nullable"]} == nullable & types.keys(), table
        unknown = rows.keys() - types.keys()
        assert all(rows[n]["nullable"] or rows[n]["fills_itself"] for n in unknown), table


async def test_every_foreign_key_has_an_index(database: str) -> None:
    assert [row[0] for row in await fetch(UNINDEXED_FOREIGN_KEYS)] == []


async def test_there_is_an_older_database_to_migrate() -> None:
    assert OLDER != []


@pytest.mark.parametrize("dump", OLDER, ids=lambda path: path.stem)
async def test_an_older_database_keeps_its_rows_and_gets_the_new_schema(
    raw: asyncpg.Connection, empty_url: str, database_url: str, dump: Path
) -> None:
    await raw.execute(dump.read_text())  # noqa: ASYNC240  nothing else runs meanwhile
    await raw.execute("RESET ALL")
    before = await rows_of(raw)
    assert all(before.values()), "a table without rows proves nothing"

    await migrate(empty_url)

    assert await rows_of(raw, like=before) == before
    fresh = await asyncpg.connect(database_url)
    try:
        assert await schema_of(raw) == await schema_of(fresh)
    finally:
        await fresh.close()


async def rows_of(
    connection: asyncpg.Connection, like: dict[str, list[dict[str, str]]] | None = None
) -> dict[str, list[dict[str, str]]]:
    """All rows as text, by table; with `like`, only its tables and columns, and not the history's
    new rows."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'core_migration'"
    )
    result = {}
    for table in sorted(like or [row["tablename"] for row in tables]):
        rows = await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - a table's name
        kept = like[table][0].keys() if like else None
        result[table] = [
            {k: repr(v) for k, v in row.items() if kept is None or k in kept} for row in rows
        ]
    return result


async def schema_of(connection: asyncpg.Connection) -> dict[tuple[str, str], str]:
    rows = await connection.fetch(SCHEMA)
    core = [row for row in rows if row["name"].startswith("core_")]
    return {(row["kind"], row["name"]): row["definition"] for row in core}
