"""What a plugin owns in the schema, told by its prefix alone: counted, and dropped.

Nothing here needs the plugin's code: its distribution may be gone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import asyncpg

from palabre.database.migrations import LOCK, history
from palabre.errors import Refused
from palabre.i18n import gettext as _

LOCK_SECONDS = 5  # to wait for readers of a table; meanwhile everybody else waits behind us
TABLES, VIEWS, SNAPSHOTS, SEQUENCES = ("r", "p"), ("v",), ("m",), ("S",)  # pg_class.relkind


class Session(Protocol):
    """A connection inside a transaction: `palabre.database.connection.Connection`, or asyncpg's."""

    async def fetch(self, query: str, *values: object) -> list[Any]:
        """Return all rows."""

    async def fetchval(self, query: str, *values: object) -> Any:  # noqa: ANN401  any type
        """Return one value."""

    async def execute(self, query: str, *values: object) -> str:
        """Run a command."""


async def tables_of(connection: Session, name: str) -> list[str]:
    """Return the tables of the plugin `name`, by name."""
    return await _own(connection, name, TABLES)


async def row_counts(connection: Session, name: str) -> dict[str, int]:
    """Return how many rows each table of the plugin `name` holds."""
    return {
        table: await connection.fetchval(f"SELECT count(*) FROM {quoted(table)}")  # noqa: S608  a name the catalogue gave
        for table in await tables_of(connection, name)
    }


async def keep_schema(connection: Session) -> None:
    """Let nobody else migrate or drop before the caller's transaction ends; raises as `drop`."""
    await connection.execute(f"SET LOCAL lock_timeout = {LOCK_SECONDS * 1000:.0f}")
    with _patience():
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")


async def drop(connection: Session, name: str) -> None:
    """Drop all that the plugin `name` owns in the schema and forget its migrations.

    Inside the caller's transaction, after `keep_schema`. Raises Refused when another plugin's
    table points here, and when readers don't let go of a table in time.
    """
    try:
        with _patience():
            await _drop(connection, name)
    except asyncpg.DependentObjectsStillExistError as error:
        raise Refused(
            _(
                "« {name} » ne peut pas être purgée : {detail}. Purgez d’abord l’extension "
                "qui s’y rattache. Rien n’a été supprimé."
            ).format(name=name, detail=(error.detail or str(error)).rstrip("."))
        ) from error


@contextmanager
def _patience() -> Iterator[None]:
    try:
        yield
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise Refused(
            _(
                "Une migration, un import ou un travail se sert encore de la base. Rien n’a été"
                " supprimé : réessayez dans une minute."
            )
        ) from error


async def _own(connection: Session, name: str, kinds: Sequence[str]) -> list[str]:
    """Return the plugin's relations of these kinds, by name.

    A name that starts with the longer prefix of another package belongs to that one.
    """
    prefix = f"{name}_"
    rows = await connection.fetch(
        """
        SELECT relname FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind::text = ANY($1)
          AND starts_with(relname, $2)
          AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS other WHERE starts_with(relname, other))
        ORDER BY relname
        """,
        list(kinds),
        prefix,
        await _longer(connection, prefix),
    )
    return [row["relname"] for row in rows]


async def _longer(connection: Session, prefix: str) -> list[str]:
    """Return the prefixes of other packages that begin with this one."""
    others = {key.split("/")[0] + "_" for key in await history(connection)} - {prefix}
    return [other for other in others if other.startswith(prefix)]


async def _drop(connection: Session, name: str) -> None:
    for kind, names in (
        ("VIEW", await _own(connection, name, VIEWS)),
        ("MATERIALIZED VIEW", await _own(connection, name, SNAPSHOTS)),
        ("TABLE", await tables_of(connection, name)),
    ):
        if names:
            await connection.execute(f"DROP {kind} " + ", ".join(map(quoted, names)))
    for sequence in await _own(connection, name, SEQUENCES):
        await connection.execute(f"DROP SEQUENCE {quoted(sequence)}")
    for kind in ("ROUTINE", "TYPE"):
        signatures = await _signatures(connection, kind, f"{name}_")
        if signatures:
            await connection.execute(f"DROP {kind} " + ", ".join(signatures))
    await connection.execute("DELETE FROM core_migration WHERE package = $1", name)


async def _signatures(connection: Session, kind: str, prefix: str) -> list[str]:
    """Return the plugin's routines or types, as DROP takes them."""
    rows = await connection.fetch(
        """
        SELECT 'ROUTINE' AS kind, proname AS name, oid::regprocedure::text AS signature
          FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        UNION ALL
        SELECT 'TYPE', typname, oid::regtype::text FROM pg_type
         WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e', 'r', 'c')
        """
    )
    longer = tuple(await _longer(connection, prefix))
    return [
        row["signature"]
        for row in rows
        if row["kind"] == kind
        and row["name"].startswith(prefix)
        and not row["name"].startswith(longer)
    ]


def quoted(name: str) -> str:
    """Return an identifier as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
