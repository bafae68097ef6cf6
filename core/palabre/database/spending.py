"""What one call of a plugin spends on the database: counted, bounded, undone when it fails.

The dispatcher opens a `Spending` for each call; every query of ours passes `PooledConnection`
(client.py), which looks here whether somebody is to pay for it. Nobody is while the core works for
itself: then a query costs one look into a context variable more.

A call inside somebody's transaction gets a savepoint before its first query there, so that a
plugin's SQL error can be undone without what the core wrote.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any

import asyncpg

# What opens and ends transactions: not counted, they come with the queries between them.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_SAVEPOINT = "palabre_call"

Run = Callable[[], Awaitable[Any]]


class Overspent(Exception):
    """A call asked the database more often than it may, or after its end."""


class Spending:
    """The queries of one call: how many, how long; at most `most` of them are let through.

    `folder` is where the program of whoever pays lies, `tasks` are those that it started, `grown`
    is by how many bytes the process grew in its longer steps, `lines` what it wrote into the log.
    """

    __slots__ = (
        "_inside",
        "_known",
        "folder",
        "grown",
        "lines",
        "most",
        "over",
        "queries",
        "refused",
        "seconds",
        "tasks",
    )

    def __init__(self, most: int, folder: str = "") -> None:
        self.most = most
        self.folder = folder
        self.grown = 0
        self.lines = 0
        self.tasks: list[asyncio.Task[Any]] = []
        self.queries = 0
        self.seconds = 0.0
        self.refused = False
        self.over = False
        self._known: set[asyncpg.Connection] = set()
        self._inside: list[tuple[asyncpg.Connection, Run]] = []

    async def pay(self, connection: asyncpg.Connection, query: str, run: Run, plain: Any) -> Any:  # noqa: ANN401  whatever the query returns
        """Let `run` ask the database with `query`; `plain` runs a bare command there.

        Raises Overspent, and the database is not asked, when there were too many or it is over.
        """
        is_frame = query.lstrip().upper().startswith(FRAME)
        if self._is_refused(query, is_frame=is_frame):
            self.refused = True
            raise Overspent(f"plus de {self.most} requêtes à la base, ou après la fin de l’appel")
        await self._protect(connection, plain)
        if is_frame:
            return await run()
        self.queries += 1
        started = time.perf_counter()
        try:
            return await run()
        finally:
            self.seconds += time.perf_counter() - started

    def _is_refused(self, query: str, *, is_frame: bool) -> bool:
        if is_frame:  # whoever is refused must still be able to give up what was begun
            broken = self.over or self.refused
            return broken and not query.lstrip().upper().startswith("ROLLBACK")
        return self.over or self.queries >= self.most

    async def _protect(self, connection: asyncpg.Connection, plain: Any) -> None:  # noqa: ANN401  asyncpg's execute
        if connection in self._known:
            return
        self._known.add(connection)
        if connection.is_in_transaction() and not self.over:
            await plain(f"SAVEPOINT {_SAVEPOINT}")
            self._inside.append((connection, plain))

    async def settle(self, *, well: bool) -> bool:
        """End the call: keep what it wrote inside the caller's transaction, or undo it.

        Returns whether all is kept: a call that swallowed an SQL error is undone as well.
        """
        self.over = True
        for _connection, plain in reversed(self._inside):
            if well:
                try:
                    await plain(f"RELEASE SAVEPOINT {_SAVEPOINT}")
                    continue
                except asyncpg.InFailedSQLTransactionError:
                    well = False
            await plain(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            await plain(f"RELEASE SAVEPOINT {_SAVEPOINT}")
        return well


SPENDING: ContextVar[Spending | None] = ContextVar("spending", default=None)


@contextmanager
def on_account(spending: Spending) -> Iterator[None]:
    """Let `spending` pay for the tasks and threads that are started meanwhile."""
    token = SPENDING.set(spending)
    try:
        yield
    finally:
        SPENDING.reset(token)


def nobodys() -> Context:
    """Return a context for work that many wait for: whoever happened to start it doesn't pay."""
    context = copy_context()
    context.run(SPENDING.set, None)
    return context
