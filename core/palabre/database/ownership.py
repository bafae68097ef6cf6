"""What a plugin's migration may touch: only what carries the plugin's prefix.

The schema is compared before and after, inside the transaction, so that no reading of SQL has to
guess what a statement does; rows written to others' tables are seen in the transaction's own
counters. A refusal rolls everything back.
"""

from dataclasses import dataclass, field

import asyncpg

# Each row: whom the thing belongs to (a table's name, or its own), what it is, its definition.
# relfilenode tells a TRUNCATE or a rewrite. Foreign keys put internal triggers on the table they
# point to: that is allowed and left out.
THINGS = """
WITH spaces AS (
    SELECT oid FROM pg_namespace
    WHERE nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
)
SELECT relname::text AS owner, 'relation ' || relname AS thing,
       concat_ws(' ', relkind, relnamespace, relfilenode, relowner, reloptions, relacl,
                 relrowsecurity, relforcerowsecurity) AS definition
  FROM pg_class WHERE relnamespace IN (SELECT oid FROM spaces)
UNION ALL
SELECT relname, 'colonne ' || relname || '.' || attname,
       concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                 attcollation, attacl, pg_get_expr(adbin, adrelid))
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace IN (SELECT oid FROM spaces) AND attnum > 0 AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT relname, 'contrainte ' || conname || ' de ' || relname,
       concat_ws(' ', pg_get_constraintdef(pg_constraint.oid), convalidated)
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
 WHERE relnamespace IN (SELECT oid FROM spaces)
UNION ALL
SELECT t.relname, 'index ' || i.relname || ' de ' || t.relname, pg_get_indexdef(indexrelid)
  FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
 WHERE t.relnamespace IN (SELECT oid FROM spaces)
UNION ALL
SELECT relname, 'déclencheur ' || tgname || ' de ' || relname, concat_ws(' ', pg_get_triggerdef(pg_trigger.oid), tgenabled)
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT relname, 'règle ' || rulename || ' de ' || relname, pg_get_ruledef(pg_rewrite.oid)
  FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
 WHERE relnamespace IN (SELECT oid FROM spaces)
UNION ALL
SELECT relname, 'politique ' || polname || ' de ' || relname,
       concat_ws(' ', polcmd, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
  FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
UNION ALL
SELECT proname, 'fonction ' || pg_proc.oid::regprocedure, md5(concat(prosrc, proconfig, prosecdef, proacl, proowner))
  FROM pg_proc WHERE pronamespace IN (SELECT oid FROM spaces)
UNION ALL
SELECT typname, 'type ' || typname,
       concat_ws(' ', typtype, typbasetype, typnotnull, typdefault,
                 (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
  FROM pg_type WHERE typnamespace IN (SELECT oid FROM spaces) AND typtype IN ('d', 'e', 'r', 'm')
UNION ALL
SELECT evtname, 'déclencheur d’événement ' || evtname, concat_ws(' ', evtevent, evtenabled) FROM pg_event_trigger
UNION ALL
SELECT nspname, 'schéma ' || nspname, concat_ws(' ', nspowner, nspacl)
  FROM pg_namespace WHERE oid IN (SELECT oid FROM spaces)
UNION ALL
SELECT extname, 'extension PostgreSQL ' || extname, extversion FROM pg_extension
UNION ALL
SELECT rolname, 'rôle ' || rolname, concat_ws(' ', rolsuper, rolcanlogin, rolcreaterole) FROM pg_roles
"""

WRITES = """
SELECT relname::text AS table_name, n_tup_ins + n_tup_upd + n_tup_del AS writes
  FROM pg_stat_xact_user_tables
"""


@dataclass(frozen=True)
class Snapshot:
    """What there is: (owner, thing) → definition; and rows written so far, by table."""

    things: dict[tuple[str, str], str] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)


async def snapshot(connection: asyncpg.Connection) -> Snapshot:
    """Read the schema, and the transaction's counters, as they are now."""
    rows = await connection.fetch(THINGS)
    writes = await connection.fetch(WRITES)
    return Snapshot(
        {(row["owner"], row["thing"]): row["definition"] for row in rows},
        {row["table_name"]: row["writes"] for row in writes},
    )


async def foreign_changes(
    connection: asyncpg.Connection, before: Snapshot, prefix: str
) -> list[str]:
    """Return, in words, what changed since `before` and does not carry `prefix`."""
    after = await snapshot(connection)
    keys = before.things.keys() | after.things.keys()
    changed = sorted(
        thing
        for owner, thing in keys
        if not owner.startswith(prefix)
        and before.things.get((owner, thing)) != after.things.get((owner, thing))
    )
    written = sorted(
        f"lignes de {table}"
        for table, count in after.writes.items()
        if not table.startswith(prefix) and count != before.writes.get(table, 0)
    )
    return changed + written
