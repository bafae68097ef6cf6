"""Keeps a process in step with table core_plugin, and delivers the outbox.

Two tasks with a small pool of their own: one listens, so that `palabre plugin disable` reaches
every process at once, and writes down what plugins cost and how they failed; the other delivers, so
that a slow plugin doesn't hold up the first. Both also look every few seconds: a lost notification
or connection costs that delay and nothing else.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
import structlog

from palabre.background import ended
from palabre.database.client import COMMAND_TIMEOUT, CONNECT_TIMEOUT
from palabre.plugins import ledger, list_filters, outbox, scope, state
from palabre.plugins.versions import fingerprint

if TYPE_CHECKING:
    from palabre.plugins.manager import Plugins

LOOK_AGAIN = 5.0  # seconds without a notification
TRY_AGAIN = 2.0  # seconds after the database was lost
SUM_UP = 60.0  # seconds between two additions to the figures of the costs
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger("palabre.plugins")


class Follower:
    """Follows the database for `plugins`; started and stopped with the server."""

    def __init__(self, plugins: "Plugins", database_url: str) -> None:
        self._plugins = plugins
        self._url = database_url
        self._stir = asyncio.Event()
        self._owed = asyncio.Event()
        self._pauses: dict[str, tuple[str, datetime]] = {}
        self._in_trouble = False
        self._summed_up = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._pool: asyncpg.Pool

    async def start(self, *, delivering: bool) -> None:
        """Read the states once, so that the first request knows them, then follow."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=2,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
        )
        await self.catch_up()
        async with self._pool.acquire() as connection:
            await self._plugins.check_filters(connection)
        await self.catch_up()
        await self._remember_guards()
        self._tasks = [asyncio.create_task(self._for_ever(self._listen))]
        if delivering and self._plugins.is_told:
            self._tasks.append(asyncio.create_task(self._for_ever(self._deliver)))

    async def stop(self) -> None:
        """End both tasks, write the pauses that are still to be written, and disconnect."""
        for task in self._tasks:
            await ended(task)
        with suppress(*LOST):
            await self._save_pauses()
            await self.write_down()
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_TIMEOUT)
        except LOST:
            self._pool.terminate()

    def save_pause(self, name: str, reason: str) -> None:
        """Write down soon, and announce, that this process paused the plugin `name`."""
        self._pauses[name] = reason, datetime.now(UTC)
        self._stir.set()

    def write_soon(self) -> None:
        """Write down soon how a plugin failed."""
        self._in_trouble = True
        self._stir.set()

    async def write_down(self) -> None:
        """Add what the plugins cost and how they failed here to the figures of all processes."""
        self._in_trouble, self._summed_up = False, time.monotonic()
        async with self._pool.acquire() as connection:
            for extension in self._plugins.extensions:
                costs, troubles = extension.news()
                if extension.state.purged:
                    continue  # nothing of it is left, and nothing comes back
                if costs:
                    await ledger.write_costs(connection, extension.name, costs)
                if troubles:
                    await ledger.write_errors(connection, extension.name, troubles)

    async def _write_down_if_due(self) -> None:
        is_time = time.monotonic() - self._summed_up > SUM_UP
        if is_time or self._in_trouble:
            await self.write_down()
        if is_time:
            async with self._pool.acquire() as connection:
                await ledger.drop_old(connection)

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except LOST as error:
                log.warning("plugins_lost_database", why=repr(error))
            except Exception:  # whatever it is, following must not end with it
                log.exception("plugins_stumbled")
            await asyncio.sleep(TRY_AGAIN)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_TIMEOUT,
            server_settings={"application_name": fingerprint(self._plugins.extensions)},
        )
        try:
            connection.add_termination_listener(lambda _connection: self._stir.set())
            await connection.add_listener(state.CHANNEL, lambda *_note: self._stir.set())
            await connection.add_listener(outbox.CHANNEL, lambda *_note: self._owed.set())
            self._owed.set()  # what was written before we listened
            while not connection.is_closed():
                self._stir.clear()
                await self._save_pauses()
                await self.catch_up()
                await self._write_down_if_due()
                await _either(self._stir, LOOK_AGAIN)
        finally:
            connection.terminate()

    async def _deliver(self) -> None:
        while True:
            self._owed.clear()
            more = await outbox.deliver_due(self._pool, self._plugins)
            if not more:
                await outbox.drop_old(self._pool)
                await _either(self._owed, LOOK_AGAIN)

    async def catch_up(self) -> None:
        """Read the states and take them over."""
        async with self._pool.acquire() as connection:
            states = await state.read(connection)
            is_safe = await state.is_safe(connection)
            filters = await list_filters.remembered(connection)
            moved = [
                each.name
                for each in self._plugins.extensions
                if each.name in states and states[each.name].changed_at != each.state.changed_at
            ]
            scopes = await scope.read(connection, moved) if moved else {}
        for name, (reason, since) in self._pauses.items():  # decided here, not written yet
            known = states.get(name, state.State())
            if known.changed_at is None or known.changed_at <= since:
                states[name] = known.with_pause(reason)
        self._plugins.follow(states, scopes, is_safe=is_safe)
        self._plugins.remember(filters)

    async def _remember_guards(self) -> None:
        for extension in self._plugins.extensions:
            known = extension.state.guards, extension.state.guards_where_on
            if extension.loaded.fault or (extension.guards, extension.guards_where_on) == known:
                continue
            async with self._pool.acquire() as connection:
                await state.remember_guards(
                    connection,
                    extension.name,
                    extension.guards,
                    where_on=extension.guards_where_on,
                )

    async def _save_pauses(self) -> None:
        for name, (reason, since) in list(self._pauses.items()):
            async with self._pool.acquire() as connection:
                await state.pause(connection, name, reason, since)
            del self._pauses[name]


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait until `event` is set, at most `seconds`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
