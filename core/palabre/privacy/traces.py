"""Looking for words in the whole database: what an erasure has left, table by table."""

from collections.abc import Sequence
from dataclasses import dataclass

from palabre.database.connection import fetch, fetchval

_COLUMNS = """
SELECT c.table_name, c.column_name, c.udt_name
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
ORDER BY c.table_name, c.ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """A column in which something was found, and in how many rows."""

    table: str
    column: str
    rows: int


async def find(*needles: str) -> list[Trace]:
    """Return every column of every table that holds one of `needles`, however it is stored.

    Letters match whatever their case, except inside binary columns. Reads the whole database.
    """
    wanted = [needle for needle in needles if needle]
    found = []
    for table, column, kind in await fetch(_COLUMNS):
        count = await _count(table, column, kind, wanted)
        if count:
            found.append(Trace(table, column, count))
    return found


async def _count(table: str, column: str, kind: str, needles: Sequence[str]) -> int:
    cell = f'"{column}"'
    if kind == "bytea":
        holds = f"position(convert_to(needle, 'UTF8') IN {cell}) > 0"
    else:
        holds = f"position(lower(needle) IN lower({cell}::text)) > 0"
    query = (
        f'SELECT count(*) FROM "{table}"'  # noqa: S608  names come from the catalogue
        f" WHERE EXISTS (SELECT FROM unnest($1::text[]) needle WHERE {holds})"
    )
    return int(await fetchval(query, list(needles)))
