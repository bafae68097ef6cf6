"""Tortoise's asyncpg client with our pool and one exception for "the database is not there".

Tortoise lets connection errors through as they come: OSError, asyncpg's dozen, TimeoutError. Here
they become `DatabaseUnavailable`, wherever they happen: taking a connection, a query, a commit.
The pool drops dead connections by itself, so the next request simply works again.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContextPooled
from tortoise.connection import get_connections

from palabre.database.spending import SPENDING
from palabre.errors import DatabaseUnavailable, Refused
from palabre.i18n import gettext as _

# Seconds. A server that accepts but does not answer must not hold a page for ever.
CONNECT_TIMEOUT = 5.0
COMMAND_TIMEOUT = 60.0

# The server answers, and does not let us in.
WRONG_ADDRESS = (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError)
GONE = (
    OSError,  # ConnectionError and TimeoutError are among them
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica, after the main server went
    *WRONG_ADDRESS,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.DiskFullError,
)

# How a broken connection words it: already closed, or still reading its server's last words.
BROKEN = ("closed", "closing", "cannot switch to state")


@contextmanager
def reachable() -> Iterator[None]:
    """Turn every way of not reaching the database into DatabaseUnavailable."""
    try:
        yield
    except asyncpg.DiskFullError as error:
        raise DatabaseUnavailable(
            _("Le disque de la base de données est plein : rien n’a été enregistré.")
        ) from error
    except GONE as error:
        raise _unavailable() from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        # asyncpg says so of a connection that broke between two queries, and of our own mistakes.
        if not any(sign in str(error) for sign in BROKEN):
            raise
        raise _unavailable() from error


@contextmanager
def opening(url: str) -> Iterator[None]:
    """Turn a connection that can't be opened into a sentence that names the database.

    Raises DatabaseUnavailable when nobody answers at `url`, Refused when the address is wrong.
    """
    try:
        with reachable():
            yield
    except asyncpg.exceptions.ClientConfigurationError as error:
        raise Refused(_wrong_address(url, error)) from error
    except DatabaseUnavailable as error:
        cause = error.__cause__ or error
        if isinstance(cause, WRONG_ADDRESS):
            raise Refused(_wrong_address(url, cause)) from cause
        raise DatabaseUnavailable(
            _("La base de données {name} ne répond pas ({cause}).").format(
                name=_public(url), cause=str(cause) or type(cause).__name__
            )
        ) from cause


def _wrong_address(url: str, cause: BaseException) -> str:
    return _(
        "La base de données {name} refuse la connexion ({cause}). Vérifiez PALABRE_DATABASE_URL."
    ).format(name=_public(url), cause=cause)


def _public(url: str) -> str:
    """Return where a database is, without the password to it."""
    parts = urlsplit(url)
    hosts = [parts.netloc.rpartition("@")[2], *parse_qs(parts.query).get("host", [])]
    return f"{parts.path.lstrip('/')}@{next(filter(None, hosts), 'localhost')}"


def _unavailable() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        _("La base de données ne répond pas. Rien n’a été enregistré ; réessayez dans un instant.")
    )


class PooledConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    """A connection that goes back to the pool without a round trip to reset it.

    Nothing of ours sets session state outside a transaction; an open transaction is still rolled
    back by asyncpg itself. It saves about a third of a short query (November 2026).

    Each query is put on the account of the plugin's call that asks, if one does (spending.py).
    """

    __slots__ = ()

    def execute(self, query: str, *args: Any, **options: Any) -> Awaitable[str]:  # noqa: ANN401  asyncpg's
        """Run a command; one with values passes `_execute`, where it is counted."""
        run = partial(super().execute, query, *args, **options)
        return run() if args else self._paid(query, run)

    def _execute(self, query: str, *args: Any, **options: Any) -> Awaitable[Any]:  # noqa: ANN401  asyncpg's
        return self._paid(query, partial(super()._execute, query, *args, **options))

    def _executemany(self, query: str, *args: Any, **options: Any) -> Awaitable[Any]:  # noqa: ANN401  asyncpg's
        return self._paid(query, partial(super()._executemany, query, *args, **options))

    def copy_records_to_table(self, table: str, **options: Any) -> Awaitable[str]:  # noqa: ANN401  asyncpg's
        """Write many rows; counts as one query."""
        run = partial(super().copy_records_to_table, table, **options)
        return self._paid(f"COPY {table}", run)

    def _paid(self, query: str, run: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        spending = SPENDING.get()
        if spending is None:
            return run()
        return spending.pay(self, query, run, partial(asyncpg.Connection.execute, self))

    def get_reset_query(self) -> str:
        """Return nothing to run; see asyncpg's Connection.reset."""
        return ""


class _Translated:
    """Both Tortoise clients run every query through this method."""

    async def _translate_exceptions(
        self, func: Callable[..., Any], *args: object, **kwargs: object
    ) -> Any:  # noqa: ANN401 - what the query returns
        with reachable():
            return await super()._translate_exceptions(func, *args, **kwargs)  # type: ignore[misc] # a mixin


class _PooledTransaction(TransactionContextPooled):
    """Tortoise's transaction, which gives its connection back when BEGIN fails."""

    async def __aenter__(self) -> TransactionalDBClient:
        with reachable():
            await self.ensure_connection()
            pool = self.client._parent._pool  # noqa: SLF001 - as the class above does
            self.client._connection = await pool.acquire()  # noqa: SLF001 - the same
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)  # noqa: SLF001 - the same
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, *fault: object) -> None:
        with reachable():
            await super().__aexit__(*fault)


class _Transaction(_Translated, TransactionWrapper):
    """Queries inside a transaction."""


class Client(_Translated, AsyncpgDBClient):
    """The client that the models use; made by Tortoise from `credentials={"dsn": …}`."""

    async def create_pool(self, **_ignored: object) -> asyncpg.Pool:
        """Open the pool from the address alone: asyncpg knows every form of it."""
        return await asyncpg.create_pool(
            self.extra["dsn"],
            # With none to keep, asyncpg starts no task of its own that fails while the server is away.
            min_size=0,
            max_size=self.pool_maxsize,
            connection_class=PooledConnection,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings={"application_name": "palabre", "timezone": "UTC"},
        )

    def _in_transaction(self) -> _PooledTransaction:
        return _PooledTransaction(_Transaction(self), self._pool_init_lock)


client_class = Client
