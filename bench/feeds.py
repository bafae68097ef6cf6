"""What subscribers do all day, against nginx serving the same bytes as static files.

Both servers on one core in turn, wrk on the other, 16 and 64 connections. The ratios are what
counts: requests per second, and CPU per request.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench import fill
from bench.tools import Bench, Load, Measure, Server, nginx, palabre, wrk
from palabre.database.connection import connected, execute

SIZES = (1_000, 10_000, 100_000)
FILLED = 10_000  # through the front door; what is more is copied inside the database
CONNECTIONS = (16, 64)
PATH = "/agenda.ics"

# Copies the events that are there, with ids, UIDs and addresses of their own.
COPY = """
WITH copies AS (
    INSERT INTO core_event
    SELECT (jsonb_populate_record(e, jsonb_build_object(
        'id', gen_random_uuid(), 'uid', $1 || e.uid, 'slug', $1 || '-' || e.slug))).*
    FROM core_event e WHERE e.uid NOT LIKE 'copy%' RETURNING id, uid
)
INSERT INTO core_fragment (event_id, ics, json, zones, first_year, last_year, last_modified,
                           sequence, renderer)
SELECT c.id, convert_to(replace(convert_from(f.ics, 'UTF8'), 'UID:', 'UID:' || $1), 'UTF8'),
       f.json, f.zones, f.first_year, f.last_year, f.last_modified, f.sequence, f.renderer
FROM copies c JOIN core_event e ON $1 || e.uid = c.uid JOIN core_fragment f ON f.event_id = e.id
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request; `headers` are made from the ETag of the gzip body.

    `largest` is the most events it is asked for: beyond, bodies are too long to be counted.
    """

    name: str
    headers: Callable[[str], dict[str, str]]
    target: str
    largest: int


CASES = (
    Case("304", lambda etag: {"Accept-Encoding": "gzip", "If-None-Match": etag}, "≥ 0.30", 100_000),
    Case("gzip", lambda _etag: {"Accept-Encoding": "gzip"}, "≥ 0.50", 10_000),
    Case("plain", lambda _etag: {}, "≥ 0.90", 10_000),
)


def measure(bench: Bench) -> list[Measure]:
    """Fill, serve, and compare, at each size."""
    measures: list[Measure] = []
    with fill.database(bench, "data") as url:
        asyncio.run(fill.prepare(url))
        have = 0
        for size in map(bench.size, SIZES):
            asyncio.run(_fill_on(url, size, have, bench.size(FILLED)))
            have = size
            with palabre(bench, url) as ours:
                measures += _compare(bench, ours, size)
    return measures


async def _fill_on(url: str, size: int, have: int, filled: int) -> None:
    async with connected(url):
        if size <= filled:
            await fill.fill(size - have, datetime.now(UTC).date(), first=have)
        else:
            for number in range(size // have - 1):
                await execute(COPY, f"copy{number}")
        await execute("ANALYZE")


def _compare(bench: Bench, ours: Server, size: int) -> Iterator[Measure]:
    began = time.perf_counter()
    files = _save(bench, ours)
    yield Measure(f"{size:,}: first answer after the start", time.perf_counter() - began, "s")
    yield Measure(f"{size:,}: plain", (files / "agenda.ics").stat().st_size / 1e6, "MB")
    yield Measure(f"{size:,}: gzip", (files / "agenda.ics.gz").stat().st_size / 1e6, "MB")
    with ExitStack() as stack:
        theirs = stack.enter_context(nginx(bench, files))
        for case in (case for case in CASES if size <= case.largest):
            for connections in CONNECTIONS:
                yield from _ratio(bench, ours, theirs, size, case, connections)
    yield Measure(f"{size:,}: memory after load", ours.memory(), "MiB", "≤ 350")


def _save(bench: Bench, ours: Server) -> Path:
    """Keep what we serve where nginx finds it; returns the folder."""
    files = bench.folder / "files"
    files.mkdir(exist_ok=True)
    (files / "index.html").write_text("nginx")
    for name, encoding in (("agenda.ics.gz", "gzip"), ("agenda.ics", "identity")):
        headers = {"Accept-Encoding": encoding}
        with httpx.stream("GET", ours.url + PATH, headers=headers, timeout=600) as answer:
            answer.raise_for_status()
            (files / name).write_bytes(b"".join(answer.iter_raw()))
    return files


def _ratio(
    bench: Bench, ours: Server, theirs: Server, size: int, case: Case, connections: int
) -> Iterator[Measure]:
    mine, my_cpu = _load(bench, ours, case, connections)
    static, static_cpu = _load(bench, theirs, case, connections)
    name = f"{size:,}: {case.name}, {connections} connections"
    yield Measure(f"{name}, of nginx", mine.rate / static.rate, "", case.target)
    yield Measure(f"{name}, of nginx by CPU", static_cpu / my_cpu, "", case.target)
    yield Measure(f"{name}, CPU per request", my_cpu * 1e6, "µs")
    yield Measure(f"{name}, nginx's CPU per request", static_cpu * 1e6, "µs")
    yield Measure(f"{name}, p99", mine.p99, "ms")
    if mine.errors or static.errors:
        yield Measure(f"{name}, errors", mine.errors + static.errors, "", "≤ 0")


def _load(bench: Bench, server: Server, case: Case, connections: int) -> tuple[Load, float]:
    answer = httpx.head(server.url + PATH, headers={"Accept-Encoding": "gzip"}, timeout=60)
    headers = case.headers(answer.headers["etag"])
    before = server.cpu()
    load = wrk(bench, server, [PATH], connections, headers)
    return load, (server.cpu() - before) / max(load.requests, 1)
