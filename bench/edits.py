"""One edit among 10,000 events: what it costs, and when every process shows it."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx

from bench import fill
from bench.tools import LOAD_CORE, SERVER_CORE, Bench, Measure, Server, palabre
from palabre.database.connection import connected
from palabre.events.domain.reading import content_of_event
from palabre.events.domain.saving import Change, save_event
from palabre.events.models import Event
from palabre.people.permissions import SYSTEM

EVENTS = 10_000
EDITS = 20
PROCESSES = 3
PATIENCE = 5.0  # seconds after which an edit counts as not seen


def measure(bench: Bench) -> list[Measure]:
    """Edit one event after another while three processes serve the feed."""
    with ExitStack() as stack:
        url = stack.enter_context(fill.database(bench, "data"))
        count = bench.size(EVENTS)
        ids = asyncio.run(_fill(url, count))
        cores = [SERVER_CORE, LOAD_CORE]
        servers = [
            stack.enter_context(palabre(bench, url, cores[number % 2]))
            for number in range(PROCESSES)
        ]
        for server in servers:
            _feed(server)
        return asyncio.run(_edit(url, servers, ids[:: max(1, count // EDITS)][:EDITS]))


async def _fill(url: str, count: int) -> list[UUID]:
    await fill.prepare(url)
    async with connected(url):
        return await fill.fill(count, datetime.now(UTC).date())


async def _edit(url: str, servers: Sequence[Server], ids: Sequence[UUID]) -> list[Measure]:
    seen: list[float] = []
    saving: list[float] = []
    before = [server.cpu() for server in servers]
    async with connected(url):
        for number, event_id in enumerate(ids):
            word = f"modification{number}x{time.monotonic_ns()}"
            event = await Event.get(id=event_id)
            content = replace(content_of_event(event), title=f"{word} {event.title}")
            began = time.process_time()
            await save_event(SYSTEM, Change(content, event.organisation_id, event_id))
            saving.append(time.process_time() - began)
            seen.append(await asyncio.to_thread(_until_everywhere, servers, word))
    costs = [
        (server.cpu() - start) / len(ids) for server, start in zip(servers, before, strict=True)
    ]
    return [
        Measure("edit seen in every process, median", statistics.median(seen), "s"),
        Measure("edit seen in every process, slowest", max(seen), "s", "≤ 1"),
        Measure("CPU of one edit: saving", statistics.median(saving) * 1000, "ms"),
        Measure("CPU of one edit: a web process, polled", max(costs) * 1000, "ms", "≤ 50"),
    ]


def _until_everywhere(servers: Sequence[Server], word: str) -> float:
    began = time.perf_counter()
    waiting = list(servers)
    while waiting and time.perf_counter() - began < PATIENCE:
        waiting = [server for server in waiting if word not in _feed(server)]
        time.sleep(0.01)
    return time.perf_counter() - began


def _feed(server: Server) -> str:
    answer = httpx.get(f"{server.url}/agenda.ics", timeout=60)
    return answer.text.replace("\r\n ", "")
