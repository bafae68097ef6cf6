"""Import of 10,000 events by the command line: the first time, again unchanged, and its memory."""

import asyncio
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import data, fill
from bench.tools import MEBIBYTE, ORIGIN, PALABRE, Bench, Measure
from palabre.database.connection import connected
from palabre.people.domain import create_organisation

EVENTS = 10_000
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _Import:
    """One run of `palabre import`: seconds, seconds of CPU, highest memory in MiB."""

    seconds: float
    cpu: float
    memory: float


def measure(bench: Bench) -> list[Measure]:
    """Run `palabre import` twice on the same file; what Python itself costs to start is in it."""
    count = bench.size(EVENTS)
    file = bench.folder / "season.ics"
    file.write_bytes(data.calendar(count, datetime.now(UTC).date()))
    with fill.database(bench, "data") as url:
        asyncio.run(_prepare(url))
        first = _import(url, file)
        again = _import(url, file)
        idle = _import(url, _one(bench.folder))
    new = first.seconds - idle.seconds
    unchanged = max(again.seconds - idle.seconds, 0.001)
    return [
        Measure(f"{count:,} events, first import", first.seconds, "s"),
        Measure("first import, start of the program taken off", count / new, "/s", "≥ 1000"),
        Measure("first import, CPU per event", (first.cpu - idle.cpu) / count * 1000, "ms"),
        Measure(f"{count:,} events, unchanged", again.seconds, "s"),
        Measure("unchanged, start of the program taken off", count / unchanged, "/s", "≥ 20000"),
        Measure("unchanged, CPU per event", (again.cpu - idle.cpu) / count * 1000, "ms"),
        Measure("memory of the first import, all its processes", first.memory, "MiB", "≤ 300"),
    ]


async def _prepare(url: str) -> None:
    await fill.prepare(url)
    async with connected(url):
        await create_organisation("Bench import")


def _one(folder: Path) -> Path:
    path = folder / "one.ics"
    path.write_bytes(data.calendar(1, datetime.now(UTC).date()))
    return path


def _import(url: str, file: Path) -> _Import:
    environment = os.environ | {
        "PALABRE_DATABASE_URL": url,
        "PALABRE_DATA_DIR": str(file.parent / "web"),
        "PALABRE_BASE_URL": ORIGIN,
    }
    began, cpu = time.perf_counter(), _children_cpu()
    running = subprocess.Popen(
        [PALABRE, "import", file, "--organisation", "bench-import", "--report", "json"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    peaks = [0.0]
    watcher = threading.Thread(target=_watch, args=(psutil.Process(running.pid), peaks))
    watcher.start()
    if running.wait(1800):
        raise SystemExit(f"the import of {file.name} failed ({running.returncode})")
    seconds = time.perf_counter() - began
    watcher.join()
    return _Import(seconds, _children_cpu() - cpu, max(peaks))


def _children_cpu() -> float:
    """Return the seconds of CPU of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: psutil.Process, peaks: list[float]) -> None:
    while True:
        try:
            family = [process, *process.children(recursive=True)]
            peaks.append(sum(part.memory_full_info().pss for part in family) / MEBIBYTE)
        except psutil.NoSuchProcess:
            return
        time.sleep(SAMPLE_SECONDS)
