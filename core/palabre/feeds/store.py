"""The feeds of this process: in memory, each as new as the last change it has heard of.

    NOTIFY ─► listener ─► changes (step 7: these events) ─► a feed of step 6, when asked for,
                                                            takes in these events and is of step 7

A feed that nobody asks for costs nothing when events change, one that is up to date costs nothing
when it is asked for, and a database that is away costs nothing but freshness: what is in memory
is served until it comes back.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import asyncpg
import structlog

from palabre import plugins
from palabre.agenda.plugin_filters import asking
from palabre.agenda.sql import Moment
from palabre.database.client import COMMAND_TIMEOUT, CONNECT_TIMEOUT, reachable
from palabre.database.connection import Connection
from palabre.errors import DatabaseUnavailable, NotFound
from palabre.feeds.body import Builder, Stock
from palabre.feeds.calendar import Heading
from palabre.feeds.changes import Changes
from palabre.feeds.feed import Address, Feed, feed_of, finish
from palabre.feeds.listening import Listener
from palabre.feeds.reading import (
    Subject,
    Wish,
    item_of,
    members_query,
    newest_change,
    read_subject,
)
from palabre.i18n import gettext as _
from palabre.settings import Settings

log = structlog.get_logger(__name__)

MAX_FEEDS = 2_000  # kept in memory, the least asked for goes first
MAX_BYTES = 128 * 1024 * 1024  # of compressed bodies kept
CONNECTIONS = 3
_ADDRESSES = 16  # per feed: filters in another order, parameters of advertisers
BUILDS = 2  # first builds at once: others wait, the feeds in memory do not
_WAITING = 64  # feeds being made or waiting for it; whoever comes later is asked to come back
_ROWS = 1_000  # events read and compressed at a time; a few milliseconds of the event loop
_TOO_MANY = 5_000  # changed events from which on a feed is built anew
# Seconds that a reader waits for known news before the last bytes are served. Taking in a large
# import on a busy machine lasts seconds, and who reads right after it must find it; a database that
# is away says so at once, so only one that hangs makes anybody wait this long.
_PATIENCE = 8.0


Job = Callable[[Wish], Awaitable[Feed]]


class FeedStore:
    """Keeps feeds, and keeps them fresh between `start` and `stop`.

    `addresses` leads from what was asked for before straight to the feed.
    """

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.settings = settings
        self.changes = Changes()
        self._url = database_url
        self.addresses: dict[Address, Feed] = {}
        self._feeds: OrderedDict[tuple[str, str, str, str], Feed] = OrderedDict()
        self._working: dict[tuple[str, str, str, str], asyncio.Task[Feed]] = {}
        self._looking = asyncio.Lock()
        self._builds = asyncio.Semaphore(BUILDS)
        self._pool: asyncpg.Pool | None = None
        self._listener = Listener(database_url, self._look)
        self._bytes = 0

    @property
    def revision(self) -> int:
        """A number that rises at every change of any published event."""
        return self.changes.step

    async def start(self) -> None:
        """Begin to listen; a database that is away does not keep the site from starting."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=CONNECTIONS,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
        )
        with suppress(DatabaseUnavailable):
            await self.settle()
        self._listener.start()

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        await self._listener.stop()
        for task in list(self._working.values()):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def settle(self) -> None:
        """Hear of everything committed until now, at once; raises DatabaseUnavailable."""
        async with self._connection() as connection:
            await self._look(connection)

    def fresh(self, feed: Feed) -> bool:
        """Whether the feed holds everything this process knows."""
        if feed.step != self.changes.step:
            return False
        if feed.plugins is not None and feed.plugins != plugins.current().revision:
            return False
        return not feed.rolls or feed.day == self._moment().today

    async def feed(self, wish: Wish) -> Feed:
        """Return the feed that is wished for.

        Raises NotFound (or Gone, Moved) when there is none, and DatabaseUnavailable when it is not
        in memory and can't be read, or when too many others are being made.
        """
        known = self._feeds.get(wish.key)
        if known is None:
            if len(self._working) >= _WAITING and wish.key not in self._working:
                raise DatabaseUnavailable(_("Trop d’agendas sont demandés à la fois."))
            return await asyncio.shield(self._work(wish, self._built))
        known.asked = True
        if self.fresh(known):
            return known
        task = self._work(wish, partial(self._renewed, known))
        try:
            return await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
        except NotFound:
            raise
        except Exception:  # noqa: BLE001 - whatever it was (it is logged), the last bytes are good
            return known

    def remember(self, feed: Feed, address: Address) -> None:
        """Let `address` lead straight to `feed`, as long as it is kept and not too many do."""
        if len(feed.addresses) < _ADDRESSES and self._feeds.get(feed.wish.key) is feed:
            feed.addresses.add(address)
            self.addresses[address] = feed

    async def inflated(self, feed: Feed) -> None:
        """Make the plain bytes of `feed` ready to send, without holding up other readers."""
        if not feed.ready:
            await asyncio.to_thread(feed.inflate)

    def _work(self, wish: Wish, job: Job) -> asyncio.Task[Feed]:
        """Run `job` once for all who ask for the same feed meanwhile."""
        task = self._working.get(wish.key)
        if task is None:
            task = asyncio.ensure_future(self._done(wish, job))
            self._working[wish.key] = task
            task.add_done_callback(_looked_at)
        return task

    async def _done(self, wish: Wish, job: Job) -> Feed:
        try:
            feed = await job(wish)
        except NotFound:
            self._forget(wish)
            raise
        else:
            self._keep(feed)
            return feed
        finally:
            self._working.pop(wish.key, None)

    async def _built(self, wish: Wish, known: Feed | None = None) -> Feed:
        """Read and compress all events of a feed."""
        async with self._builds, self._connection() as connection:
            if not self.changes.oriented:
                await self._look(connection)
            step, moment, brought = self.changes.step, self._moment(), plugins.current().revision
            subject = await read_subject(connection, wish)
            stock = await self._read_all(connection, wish, subject, moment)
            body = await asyncio.to_thread(finish, wish, self._heading(wish, subject), stock)
        return feed_of(wish, subject, body, (step, moment.today, brought), known)

    async def _renewed(self, feed: Feed, wish: Wish) -> Feed:
        """Take in what has changed since the feed was made."""
        step, moment, brought = self.changes.step, self._moment(), plugins.current().revision
        changed = self.changes.since(feed.step)
        rolled = wish.selection.rolls and feed.day != moment.today
        if rolled or changed is None or len(changed) > _TOO_MANY:
            return await self._built(wish, feed)
        async with self._connection() as connection:
            subject = await read_subject(connection, wish)
            query, values = members_query(wish, subject, moment, changed)
            with asking(wish.selection):
                rows = await connection.fetch(query, *values)
            items = {row["event_id"].bytes: item_of(row) for row in rows}
            left = [i for i in changed if i.bytes not in items and feed.stock.holds(i.bytes)]
            if not items and not left and subject == feed.subject:
                feed.step, feed.day = step, moment.today
                feed.plugins = None if feed.plugins is None else brought
                return feed
            newest = await newest_change(connection, [*left, *(row["event_id"] for row in rows)])
        changes = items | {event_id.bytes: None for event_id in left}
        heading = self._heading(wish, subject)
        body = await asyncio.to_thread(lambda: finish(wish, heading, feed.stock.changed(changes)))
        return feed_of(wish, subject, body, (step, moment.today, brought), feed, newest)

    async def _read_all(
        self, connection: Connection, wish: Wish, subject: Subject, moment: Moment
    ) -> Stock:
        """Read batch after batch, each compressed in a thread before the next is read."""
        builder = Builder(wish.format.separator)
        query, values = members_query(wish, subject, moment)
        with reachable(), asking(wish.selection):
            async with connection.raw.transaction(readonly=True):
                cursor = await connection.raw.cursor(query, *values)
                while rows := await cursor.fetch(_ROWS):
                    await asyncio.to_thread(builder.add, [item_of(row) for row in rows])
        return await asyncio.to_thread(builder.finish)

    async def _look(self, connection: Connection) -> None:
        """Hear of new changes; one look at a time keeps them in order."""
        async with self._looking:
            await self.changes.look(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise RuntimeError("the feed store has not been started")
        with reachable():
            raw = await self._pool.acquire(timeout=CONNECT_TIMEOUT)
        try:
            yield Connection(raw)
        finally:
            await self._pool.release(raw)

    def _heading(self, wish: Wish, subject: Subject) -> Heading:
        site, origin = self.settings.site_name, self.settings.origin
        name = f"{subject.name} – {site}" if subject.name else site
        return Heading(name, origin + wish.path, origin + wish.page, self.settings.time_zone)

    def _moment(self) -> Moment:
        return Moment(datetime.now(UTC), self.settings.zone)

    def _keep(self, feed: Feed) -> None:
        self._forget(feed.wish)
        self._feeds[feed.wish.key] = feed
        self._bytes += len(feed.body.gzip)
        while len(self._feeds) > MAX_FEEDS or (self._bytes > MAX_BYTES and len(self._feeds) > 1):
            oldest = next(iter(self._feeds.values()))
            if oldest.asked:  # since it last stood here: it gets another turn
                oldest.asked = False
                self._feeds.move_to_end(oldest.wish.key)
            else:
                self._forget(oldest.wish)

    def _forget(self, wish: Wish) -> None:
        known = self._feeds.pop(wish.key, None)
        if known is not None:
            self._bytes -= len(known.body.gzip)
            for address in known.addresses:
                self.addresses.pop(address, None)


def _looked_at(task: asyncio.Task[Feed]) -> None:
    """Say of an error that it was seen: whoever waited has it, and nobody may have waited."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, NotFound):
        log.warning("a feed could not be made", error=repr(error))
