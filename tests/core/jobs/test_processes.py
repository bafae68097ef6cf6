"""Workers as processes: killed, left without their database, many at once."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from palabre.database.connection import execute, fetchval
from palabre.jobs import queue
from tests.core.jobs.conftest import ended
from tests.core.jobs.real import ring, write

Process = asyncio.subprocess.Process
Start = Callable[[], Awaitable[Process]]

CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def start(database: str) -> AsyncIterator[Start]:
    """Give what starts a worker; all are gone at the end."""
    started: list[Process] = []

    async def one() -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.core.jobs.real", database),
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        return process

    yield one
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_job_whose_process_was_killed_with_9_is_done_by_another(
    start: Start, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    first = await start()
    job_id = await write.enqueue(str(lines), 60)
    await ended(job_id, "running")
    second = await start()
    first.send_signal(signal.SIGKILL)
    await first.wait()
    # What takes LEASE seconds is made short; a server that has just started adds AFTER_START.
    await execute("UPDATE core_job SET lease_until = now() + interval '1 s' WHERE id = $1", job_id)
    await execute("SELECT pg_notify('palabre_jobs', '')")

    row = await ended(job_id, within=60)

    assert second.returncode is None
    assert (row["state"], row["result"]) == ("done", "2")
    assert lines.read_text().splitlines() == ["begin 1", "begin 2", "end 2"]


async def test_a_worker_whose_database_went_finishes_and_goes_on(
    start: Start, tmp_path: Path
) -> None:
    await start()
    under_way = await write.enqueue(str(tmp_path / "a"), 2)
    await ended(under_way, "running")
    await fetchval(CUT)
    done = await ended(under_way, within=30)
    later = await ended(await write.enqueue(str(tmp_path / "b"), 0), within=30)

    assert (done["result"], later["result"]) == ("1", "1")
    assert (tmp_path / "a").read_text().splitlines() == ["begin 1", "end 1"]


async def test_of_three_processes_one_makes_up_for_a_missed_hour(start: Start) -> None:
    missed = datetime.now(UTC) - timedelta(minutes=5)
    await queue.plan(ring.key, ring.owner, missed)
    began = datetime.now(UTC).replace(second=0, microsecond=0)
    for _worker in range(3):
        await start()
    await asyncio.sleep(2)

    made = await fetchval("SELECT count(*) FROM core_job WHERE name = $1", ring.key)
    minutes = (datetime.now(UTC) - began) // timedelta(minutes=1)
    assert made == 1 + minutes  # the missed ones once, then each that passed since


async def test_stopping_one_gracefully_gives_its_job_back(start: Start, tmp_path: Path) -> None:
    process = await start()
    job_id = await write.enqueue(str(tmp_path / "lines"), 60)
    await ended(job_id, "running")
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.wait(), 30)

    assert (await ended(job_id, "waiting"))["attempts"] == 0
