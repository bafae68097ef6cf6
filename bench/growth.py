"""From 1,000 to 100,000 events: what stays level, and what grows.

The same loads on the same program at three sizes; the database is filled further each time.
"""

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID

import httpx

from bench import fill
from bench.pages import loads
from bench.tools import Bench, Measure, Server, palabre, wrk
from palabre.database.connection import connected, execute

SIZES = (1_000, 10_000, 100_000)
CONNECTIONS = 16


def measure(bench: Bench) -> list[Measure]:
    """Fill, start, load, and fill on."""
    measures: list[Measure] = []
    with fill.database(bench, "data") as url:
        asyncio.run(fill.prepare(url))
        have = 0
        for size in map(bench.size, SIZES):
            began = time.perf_counter()
            asyncio.run(_fill_on(url, size, have))
            rate = (size - have) / (time.perf_counter() - began)
            have = size
            started = time.perf_counter()
            with palabre(bench, url) as server:
                measures += _at(bench, server, size, time.perf_counter() - started)
            measures.append(Measure(f"{size:,}: saving, in batches", rate, "events/s"))
    return measures


async def _fill_on(url: str, size: int, have: int) -> list[UUID]:
    async with connected(url):
        ids = await fill.fill(size - have, datetime.now(UTC).date(), first=have)
        await execute("ANALYZE")
        return ids


def _at(bench: Bench, server: Server, size: int, start: float) -> list[Measure]:
    began = time.perf_counter()
    feed = httpx.get(f"{server.url}/agenda.ics", timeout=600)
    first = time.perf_counter() - began
    unchanged = {"If-None-Match": feed.headers["etag"], "Accept-Encoding": "gzip"}
    not_modified = wrk(bench, server, ["/agenda.ics"], CONNECTIONS, unchanged)
    agenda = wrk(bench, server, loads()["agenda, never the same"], CONNECTIONS)
    search = wrk(bench, server, loads()["search, never the same"], CONNECTIONS)
    return [
        Measure(f"{size:,}: start to first answer", start, "s"),
        Measure(f"{size:,}: first feed after the start", first, "s"),
        Measure(f"{size:,}: feed, not modified", not_modified.rate, "/s"),
        Measure(f"{size:,}: agenda page, p95", agenda.p95, "ms"),
        Measure(f"{size:,}: search, p95", search.p95, "ms"),
        Measure(f"{size:,}: memory after load", server.memory(), "MiB"),
    ]
