"""The way to the database: models through Tortoise, rows through asyncpg, one transaction for both.

    async with connected(url, plugins.models()):
        async with transaction() as connection:      # models used here are part of it
            await Event.create(...)
            await connection.execute("NOTIFY palabre_changes")
        rows = await fetch("SELECT id, title FROM core_event WHERE slug = $1", slug)

Rows come as asyncpg gives them: text[] as list, timestamptz as aware datetime in UTC, jsonb as
text (Tortoise's JSONField reads and writes it that way, too). Broken constraints stay asyncpg's
(`asyncpg.UniqueViolationError`) for rows and Tortoise's (`IntegrityError`) for models. A database
that does not answer is `palabre.errors.DatabaseUnavailable` everywhere; afterwards the same calls
work again without a new `connect`. Inside a transaction, use one connection at a time: no gather,
no create_task.
"""

import warnings
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, TypeAlias

import asyncpg
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

import palabre
from palabre.database.client import COMMAND_TIMEOUT, CONNECT_TIMEOUT, opening, reachable

POOL_SIZE = 10  # connections; a page takes one for a few milliseconds

Row: TypeAlias = asyncpg.Record
Apps: TypeAlias = Mapping[str, Sequence[str | ModuleType]]
NO_PLUGINS: Apps = MappingProxyType({})


class _State:
    context: TortoiseContext | None = None
    url: str = ""


def core_models() -> list[str]:
    """Return the names of the core's models modules: each area's `models.py`."""
    folder = Path(palabre.__file__).parent
    return [f"palabre.{file.parent.name}.models" for file in sorted(folder.glob("*/models.py"))]


async def connect(url: str, apps: Apps = NO_PLUGINS, pool_size: int = POOL_SIZE) -> None:
    """Open the pool on `url` and bind the core's models, and those of `apps`, to it.

    `apps` maps a plugin's name to its models modules; `pool_size` is the most connections held.
    Only one database at a time in a process. Raises DatabaseUnavailable when nobody answers,
    Refused when the server does not let us in.
    """
    if _State.context is not None:
        raise RuntimeError("already connected; close() first")
    # A naive datetime would silently be taken for UTC: an error in production as in the tests.
    warnings.filterwarnings("error", "DateTimeField .* received a naive datetime", RuntimeWarning)
    context = TortoiseContext()
    _State.context, _State.url = context, url
    credentials = {"dsn": url, "maxsize": pool_size}
    config = {
        "connections": {
            "default": {"engine": "palabre.database.client", "credentials": credentials}
        },
        "apps": {
            name: {"models": list(modules), "default_connection": "default"}
            for name, modules in {"core": core_models(), **apps}.items()
        },
    }
    try:
        with context, opening(url):  # the models look for it while they are bound
            # The fallback serves every task: requests run in others than the lifespan.
            await context.init(config, _enable_global_fallback=True)
            await fetchval("SELECT 1")
    except BaseException:
        await close()
        raise


async def close() -> None:
    """Close the pool; call it in `finally`, or the process never ends. Harmless when not open."""
    context, _State.context = _State.context, None
    if context is not None:
        await context.close_connections()


class Connection:
    """One connection for rows, with asyncpg's methods and our exceptions."""

    def __init__(self, raw: asyncpg.Connection) -> None:
        self.raw = raw

    async def fetch(self, query: str, *values: object) -> list[Row]:
        """Return all rows."""
        with reachable():
            return list(await self.raw.fetch(query, *_checked(values)))

    async def fetchrow(self, query: str, *values: object) -> Row | None:
        """Return the first row, or None."""
        with reachable():
            row: Row | None = await self.raw.fetchrow(query, *_checked(values))
            return row

    async def fetchval(self, query: str, *values: object) -> Any:  # noqa: ANN401 - any type
        """Return the first column of the first row, or None."""
        with reachable():
            return await self.raw.fetchval(query, *_checked(values))

    async def execute(self, query: str, *values: object) -> str:
        """Run a command; returns PostgreSQL's tag, such as `UPDATE 3`."""
        with reachable():
            return str(await self.raw.execute(query, *_checked(values)))

    async def executemany(self, query: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a command once per row of values, in one go."""
        with reachable():
            await self.raw.executemany(query, [_checked(row) for row in rows])

    async def one_at_a_time(self, job: str) -> None:
        """Let only one transaction at a time, in all processes, go on from here with `job`."""
        await self.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"palabre {job}")

    async def copy(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Insert many rows with COPY, the fastest way in."""
        with reachable():
            await self.raw.copy_records_to_table(
                table, columns=columns, records=[_checked(row) for row in rows]
            )


@asynccontextmanager
async def connected(
    url: str, apps: Apps = NO_PLUGINS, pool_size: int = POOL_SIZE
) -> AsyncIterator[None]:
    """Be connected for a while; see `connect`. Closes in any case, so that the process can end."""
    await connect(url, apps, pool_size)
    try:
        yield
    finally:
        await close()


@asynccontextmanager
async def acquired() -> AsyncIterator[Connection]:
    """Hold one connection: the current transaction's, or one of the pool."""
    holder = get_connection("default").acquire_connection()
    with reachable():
        raw = await holder.__aenter__()
    try:
        yield Connection(raw)
    finally:
        with reachable():
            await holder.__aexit__(None, None, None)


@asynccontextmanager
async def transaction() -> AsyncIterator[Connection]:
    """Run models and rows in one transaction; inside another one, in a savepoint.

    Commits at the end, rolls everything back on an exception.
    """
    async with in_transaction("default") as client:
        yield Connection(client._connection)  # noqa: SLF001 - Tortoise has no public way to it


async def fetch(query: str, *values: object) -> list[Row]:
    """Return all rows, from the current transaction or from a connection of the pool."""
    async with acquired() as connection:
        return await connection.fetch(query, *values)


async def fetchrow(query: str, *values: object) -> Row | None:
    """Return the first row, or None."""
    async with acquired() as connection:
        return await connection.fetchrow(query, *values)


async def fetchval(query: str, *values: object) -> Any:  # noqa: ANN401 - any type
    """Return the first column of the first row, or None."""
    async with acquired() as connection:
        return await connection.fetchval(query, *values)


async def execute(query: str, *values: object) -> str:
    """Run a command; returns PostgreSQL's tag, such as `UPDATE 3`."""
    async with acquired() as connection:
        return await connection.execute(query, *values)


def address() -> str:
    """Return the address of the connected database, for what opens a connection of its own."""
    return _State.url


async def own_connection() -> asyncpg.Connection:
    """Open an asyncpg connection outside the pool, for LISTEN; the caller closes it."""
    with reachable():
        return await asyncpg.connect(
            _State.url, timeout=CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT
        )


def _checked(values: Sequence[object]) -> Sequence[object]:
    for value in values:
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(f"naive datetime {value} in a query; give it a time zone")
    return values
