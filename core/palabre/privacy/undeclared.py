"""Columns that look as if they were about somebody, and that nobody declares.

The core's are kept out by a test (`tests/core/privacy`); a plugin's are shown to the administrators
beside the register, because its author may have forgotten them.
"""

import re

from palabre import plugins
from palabre.database.connection import fetch

# Columns with such names, or pointing to an account, are about somebody until declared.
PERSONAL = re.compile(
    r"(^|_)(email|mail|recipient|phone|telephone|user|actor|account|author|owner|person|member"
    r"|display_name|first_name|last_name|birth|ip|device|user_agent|password|token|secret)(_|$)"
)

_COLUMNS = """
SELECT c.table_name, c.column_name, EXISTS (
    SELECT FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
    WHERE k.contype = 'f' AND k.confrelid = 'core_user'::regclass
      AND k.conrelid = format('%I', c.table_name)::regclass AND a.attname = c.column_name) AS points
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND starts_with(c.table_name, $1::text)
ORDER BY c.table_name, c.ordinal_position
"""


async def suspects(prefix: str) -> list[tuple[str, str]]:
    """Return the columns, as (table, column), that look personal; tables start with `prefix`."""
    return [
        (table, column)
        for table, column, points in await fetch(_COLUMNS, prefix)
        if points or PERSONAL.search(column)
    ]


async def of_plugins() -> dict[str, list[str]]:
    """Return, by the plugins' titles, what looks personal in tables their manifests don't name."""
    found = {}
    for extension in plugins.current().extensions:
        manifest = extension.loaded.manifest
        declared = {data.table for data in manifest.personal_data} if manifest else set()
        columns = [
            f"{table}.{column}"
            for table, column in await suspects(f"{extension.name}_")
            if table not in declared
        ]
        if columns:
            found[extension.title] = columns
    return found
