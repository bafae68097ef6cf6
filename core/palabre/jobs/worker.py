"""The worker: waits for jobs, runs a few at a time, and knows when the next is due.

It sleeps until PostgreSQL's NOTIFY says that something was enqueued, or until the next known hour:
an idle worker asks the database nothing but once a minute. Any number of workers may share the
work. One that loses the database waits for it; what it was doing goes on and is written down when
the database is back.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import structlog

from palabre import i18n
from palabre.background import in_background
from palabre.database.connection import Row, own_connection, transaction
from palabre.errors import DatabaseUnavailable
from palabre.i18n import gettext as _
from palabre.jobs import queue
from palabre.jobs.attempts import CANCELLED_KEPT, Again, attempt, failed, interrupted
from palabre.jobs.declaring import Run
from palabre.jobs.queue import End, JobState
from palabre.jobs.registry import Registry
from palabre.settings import Settings

if TYPE_CHECKING:
    from palabre.jobs.declaring import Job

SLOTS = 4  # jobs at the same time: they mostly wait, and share the pool with the pages
RENEW = queue.LEASE / 3
NOTE_EVERY = 0.5  # seconds between two notes of the progress
LOOK_AGAIN = 60.0  # seconds: the longest sleep, should a notification be lost
TRY_AGAIN = 1.0  # seconds after the database was lost
GRACE = 5.0  # seconds that running jobs have to finish when the process stops

log = structlog.get_logger("palabre.jobs")


@dataclass(slots=True)
class Running:
    """A claimed job under way here; `ending` says why its task was cancelled."""

    task: asyncio.Task[None]
    percent: int = 0
    sentence: str = ""
    ending: str = ""


class Worker:
    """Runs the jobs of `registry`; `working` starts and stops it."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.registry = registry
        self._settings = settings
        self._running: dict[UUID, Running] = {}
        self._stir = asyncio.Event()
        self._news = asyncio.Event()
        self._stopping = False
        self._next_lease: datetime | None = None
        self._hours: dict[str, datetime] = {}

    # Waiting for work

    async def keep_working(self) -> None:
        """Work until cancelled; a lost database is waited for."""
        while True:
            try:
                async with self._listening() as connection:
                    while not connection.is_closed():
                        self._stir.clear()
                        await _either(self._stir, await self.look())
            except DatabaseUnavailable as error:
                log.warning("jobs_lost_database", why=error.message)
            except Exception:
                log.exception("jobs_stumbled")
            await asyncio.sleep(TRY_AGAIN)

    async def look(self) -> float:
        """Begin what is due, as far as there is room; returns how long to sleep, in seconds.

        What comes next is asked for first: what falls due between two questions is in the answer.
        """
        seen = self.registry.revision
        row = await queue.ahead(self.registry.runnable, list(self._running))
        now: datetime = row["now"]
        asked = time.monotonic()
        await self._keep_hours(now)
        if row["lease"] is not None and row["lease"] < now:
            await self._take_over()
        while self._has_room() and await self._begin_next():
            pass
        if seen != self.registry.revision:
            return 0.0
        times = [t for t in (row["due"], row["lease"], *self._hours.values()) if t and t > now]
        sleep = (min(times) - now).total_seconds() if times else LOOK_AGAIN
        return max(0.01, min(sleep, LOOK_AGAIN) - (time.monotonic() - asked))

    def stir(self) -> None:
        """Look at once: something may have changed."""
        self._stir.set()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await own_connection()
        try:
            connection.add_termination_listener(lambda *_gone: self._stir.set())
            await connection.add_listener(queue.CHANNEL, self._heard)
            yield connection
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable(repr(error)) from error
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == queue.CANCEL:
            self._news.set()
        self._stir.set()

    # Hours

    async def _keep_hours(self, now: datetime) -> None:
        """Enqueue what is due by the clock; in one process only, whichever is first."""
        hours = {}
        for job in self.registry.schedules:
            hours[job.key] = self._hours.get(job.key, now)
            if hours[job.key] <= now:
                hours[job.key] = await self._keep_hour(job, now)
        self._hours = hours

    async def _keep_hour(self, job: "Job[Any]", now: datetime) -> datetime:
        """Make sure that the last hour of `job` was kept; returns the next."""
        if job.cron is None or job.written_without_arguments is None:
            raise ValueError(f"{job.key} has no hours")
        last = job.cron.before(now, self._settings.zone)
        if job.key not in self._hours:  # one that is new to this database begins with its next hour
            await queue.plan(job.key, job.owner, last)
        order = queue.Order(job.owner, job.key, job.written_without_arguments, unique="hour")
        if await queue.keep(order, last):
            self._stir.set()
        return job.cron.after(now, self._settings.zone)

    async def _take_over(self) -> None:
        """Put back into the queue what workers had that gave no sign of life."""
        async with transaction():
            for row in await queue.stalled(list(self._running)):
                log.warning("job_taken_over", job=row["name"], id=str(row["id"]))
                how = interrupted(self.registry.find(row["name"]), row["attempts"])
                if how is None:
                    await queue.again(row["claim"])
                else:
                    await queue.end(row["claim"], how)

    # Working

    def _has_room(self) -> bool:
        return not self._stopping and len(self._running) < SLOTS

    async def _begin_next(self) -> bool:
        row = await queue.claim(self.registry.runnable)
        job = self.registry.find(row["name"]) if row else None
        if row is None or job is None:
            return False
        task = asyncio.create_task(self._work(row, job), name=f"job {job.key}")
        self._running[row["claim"]] = Running(task)
        return True

    async def _work(self, row: Row, job: "Job[Any]") -> None:
        i18n.language.set(row["language"])
        mine = self._running[row["claim"]]

        def note(percent: int, sentence: str) -> None:
            mine.percent, mine.sentence = percent, sentence
            self._news.set()

        run = Run(row["id"], row["attempts"], self._settings, note)
        how: End | Again | None = None
        try:
            how = await attempt(job, run, row["arguments"], self.registry.extension(job))
        except asyncio.CancelledError:
            how = self._why_cancelled(mine, job, run)
        finally:
            await self._write_down(row["claim"], how, mine)
            del self._running[row["claim"]]
            self._stir.set()

    def _why_cancelled(self, mine: Running, job: "Job[Any]", run: Run) -> End | Again | None:
        """Return how a job ends whose task was cancelled; None gives it back to the queue."""
        if not mine.ending:
            return failed(job, run, _("s’est annulé lui-même"))
        if mine.ending == queue.CANCEL:
            return End(JobState.CANCELLED, CANCELLED_KEPT)
        return interrupted(job, run.attempt) if job.retries == 0 else None

    async def _write_down(self, held: UUID, how: End | Again | None, mine: Running) -> None:
        """Write how a job ended, as often as it takes: the database may be away for a while."""
        while True:
            try:
                if isinstance(how, End):
                    await queue.end(held, how)
                elif isinstance(how, Again):
                    error, trace = how.error, how.traceback
                    await queue.again(held, pause=how.pause, error=error, traceback=trace)
                elif mine.ending != "lost":
                    await queue.again(held, given_back=True)
            except DatabaseUnavailable:
                if self._stopping:  # the lease ends, and somebody takes it over
                    return
                await asyncio.sleep(TRY_AGAIN)
            else:
                return

    async def keep_alive(self) -> None:
        """Say of the running jobs that they live and how far they are; learn which are to end."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), RENEW)
            self._news.clear()
            if self._running:
                with suppress(DatabaseUnavailable):
                    await self._renew()
                await asyncio.sleep(NOTE_EVERY)

    async def _renew(self) -> None:
        running = dict(self._running)
        alive = await queue.renew(
            list(running),
            [one.percent for one in running.values()],
            [one.sentence for one in running.values()],
        )
        for held, one in running.items():
            if alive.get(held, True) and not one.ending:
                one.ending = queue.CANCEL if held in alive else "lost"
                one.task.cancel()

    async def stop(self) -> None:
        """Begin nothing more, let what runs finish for a moment, then give it back."""
        self._stopping = True
        tasks = [one.task for one in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for one in list(self._running.values()):
            if not one.ending:
                one.ending = "stopping"
                one.task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)


@asynccontextmanager
async def working(settings: Settings, registry: Registry) -> AsyncIterator[Worker]:
    """Work in the background while the block lasts; then stop gracefully."""
    worker = Worker(settings, registry)
    registry.on_change(worker.stir)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_background(worker.keep_working()))
        await stack.enter_async_context(in_background(worker.keep_alive()))
        stack.push_async_callback(worker.stop)
        yield worker


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait until `event` is set, at most `seconds`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
