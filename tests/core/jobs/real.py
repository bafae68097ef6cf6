"""A worker in a process of its own, to be killed; see test_processes."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from palabre.database.connection import connected
from palabre.jobs.declaring import Run, core_job
from palabre.jobs.registry import Registry
from palabre.jobs.worker import working
from palabre.plugins import Plugins
from palabre.settings import from_environment


def _add(path: str, line: str) -> None:
    with Path(path).open("a") as lines:
        lines.write(f"{line}\n")


@core_job("Écrire", seconds=60)
async def write(run: Run, path: str, seconds: float) -> int:
    """Add a line when it begins and one when it has ended."""
    _add(path, f"begin {run.attempt}")
    await asyncio.sleep(seconds if run.attempt == 1 else 0)
    _add(path, f"end {run.attempt}")
    return run.attempt


@core_job("Sonner", cron="* * * * *")
async def ring(run: Run) -> str:
    """Be due every minute."""
    return datetime.now(UTC).isoformat()


async def main(url: str) -> None:
    """Work until killed."""
    async with connected(url), working(from_environment({}), Registry((write, ring), Plugins())):
        print("ready", flush=True)  # noqa: T201  for the test that started us
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
