"""Hearing of changes: LISTEN on a connection of its own, and a look after every silence.

A connection can die without a word, and a notification with it. So the listener also looks when
nothing was heard for a few seconds, which finds out that the connection is dead; then it connects
again and looks at once: what happened meanwhile is in the table, not in the notifications.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from palabre.database.client import CONNECT_TIMEOUT, reachable
from palabre.database.connection import Connection
from palabre.errors import DatabaseUnavailable
from palabre.feeds.domain import CHANNEL

log = structlog.get_logger(__name__)

SILENCE = 5.0  # seconds without a notification after which it looks by itself
_ANSWER = 5.0  # seconds within which the database must answer a look
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds between two attempts to connect

Look = Callable[[Connection], Awaitable[None]]


class Listener:
    """Calls `look` after every change, as soon as it is committed."""

    def __init__(self, database_url: str, look: Look) -> None:
        self._url = database_url
        self._look = look
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, in the background, for as long as it takes to be heard."""
        self._task = asyncio.create_task(self._listen_for_ever())

    async def stop(self) -> None:
        """Stop and close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen_for_ever(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                with reachable():
                    connection = await asyncpg.connect(
                        self._url, timeout=CONNECT_TIMEOUT, command_timeout=_ANSWER
                    )
                pause = _FIRST_PAUSE
                await self._listen(connection)
            except DatabaseUnavailable as error:
                log.warning("feeds do not hear of changes", cause=repr(error.__cause__))
            except Exception:
                log.exception("feeds stopped hearing of changes")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self, raw: asyncpg.Connection) -> None:
        connection = Connection(raw)
        raw.add_termination_listener(self._hear)
        try:
            with reachable():
                await raw.add_listener(CHANNEL, self._hear)
                while not raw.is_closed():
                    self._heard.clear()
                    await self._look(connection)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._heard.wait(), SILENCE)
        finally:
            raw.terminate()

    def _hear(self, *_args: Any) -> None:  # noqa: ANN401 - asyncpg tells who and what
        self._heard.set()
