"""An import that is killed leaves whole events only, and the next one goes on where it stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from palabre.database.connection import fetchval
from palabre.importing.apply import ONE_TRANSACTION, Order, import_calendar
from palabre.importing.workers import SHARE
from palabre.people.domain import create_organisation
from palabre.people.permissions import SYSTEM
from tests.core.importing.writing import EVENING, calendar, event


def a_calendar(number: int) -> bytes:
    return calendar(*(event(EVENING, uid=f"{n}", title=f"Veillée {n}") for n in range(number)))


async def counts() -> tuple[int, int, int, int]:
    """Events, what the source knows of them, their dates, their part of the feeds."""
    tables = ("core_event", "core_source_event", "core_occurrence", "core_fragment")
    found = [await fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608  own names
    return found[0], found[1], found[2], found[3]


async def kill_when(ready: Callable[[], Awaitable[object]], database_url: str, file: Path) -> None:
    """Start `palabre import` as a process of its own and kill it, hard, as soon as `ready`."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("palabre"),
        *("import", str(file), "--organisation", "foyer"),
        env={**os.environ, "PALABRE_DATABASE_URL": database_url},
        start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(120):
        while not await ready():
            assert process.returncode is None
            await asyncio.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def test_a_short_calendar_leaves_nothing(database: str, tmp_path: Path) -> None:
    organisation = await create_organisation("Foyer", slug="foyer")
    file = tmp_path / "a.ics"
    file.write_bytes(a_calendar(600))

    async def at_work() -> object:
        """The import names its events: some are written, none is committed."""
        return await fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")

    await kill_when(at_work, database, file)

    assert await counts() == (0, 0, 0, 0)
    report = await import_calendar(SYSTEM, Order(organisation.id, str(file), file.read_bytes()))
    assert (report.created, await counts()) == (600, (600, 600, 600, 600))


async def test_a_long_calendar_leaves_whole_shares(database: str, tmp_path: Path) -> None:
    organisation = await create_organisation("Foyer", slug="foyer")
    total = ONE_TRANSACTION + 100
    file = tmp_path / "a.ics"
    file.write_bytes(a_calendar(total))

    async def begun() -> object:
        return await fetchval("SELECT count(*) FROM core_event")

    await kill_when(begun, database, file)

    events, known, dates, fragments = await counts()
    assert events == known == dates == fragments
    assert events % SHARE == 0
    report = await import_calendar(SYSTEM, Order(organisation.id, str(file), file.read_bytes()))
    assert (report.created, report.unchanged) == (total - events, events)
    assert await counts() == (total, total, total, total)
