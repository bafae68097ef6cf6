"""The agenda, its search and the API among 10,000 events; memory before and after.

Each is asked twice: the few addresses that most readers ask for, which the program may answer from
memory, and addresses of which none comes back within seconds, as a crawler asks. The database runs
on the other core, beside the load.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bench import fill
from bench.data import COMMUNES, KINDS, SUBJECTS
from bench.tools import Bench, Measure, Server, palabre, wrk
from palabre.database.connection import connected, execute

EVENTS = 10_000
CONNECTIONS = 16
P95 = "≤ 50"


def measure(bench: Bench) -> list[Measure]:
    """Fill, serve from one core with every plugin and with none, and load."""
    with fill.database(bench, "data") as url:
        asyncio.run(_fill(url, bench.size(EVENTS)))
        with palabre(bench, url, PALABRE_SAFE_MODE="1") as bare:
            alone = _cost(bench, bare)
        with palabre(bench, url) as server:
            measures = [Measure("memory idle (web process, PSS)", server.memory(), "MiB", "≤ 200")]
            measures += [
                part
                for name, paths in loads().items()
                for part in _load(bench, server, name, paths)
            ]
            whole = _cost(bench, server)
            measures.append(Measure("memory after load", server.memory(), "MiB", "≤ 350"))
    measures.append(
        Measure("CPU of a page: every plugin / core alone", whole / alone, "×", "≤ 1.3")
    )
    return measures


def loads() -> dict[str, list[str]]:
    """Return the addresses of each kind of page."""
    periods = _periods(range(20, 60))
    communes = [quote(name) for name in COMMUNES]
    words = [quote(f"{kind} {subject}") for kind in KINDS for subject in SUBJECTS]
    return {
        "agenda": ["/agenda"],
        "search": [f"/agenda?q={quote(subject)}" for subject in SUBJECTS],
        "API list of 100": ["/api/v1/events?limit=100"],
        "agenda, never the same": [f"/agenda?{period}" for period in periods],
        "agenda filtered, never the same": [
            f"/agenda?commune={name}&{period}" for period in periods for name in communes[:5]
        ],
        "search, never the same": [
            f"/agenda?q={word}&{period}" for word in words for period in periods[::100]
        ],
        "API, never the same": [f"/api/v1/events?limit=100&{period}" for period in periods],
    }


def _load(bench: Bench, server: Server, name: str, paths: list[str]) -> list[Measure]:
    before = server.cpu()
    load = wrk(bench, server, paths, CONNECTIONS)
    cpu = (server.cpu() - before) / max(load.requests, 1) * 1000
    measures = [
        Measure(f"{name}: p95 at {CONNECTIONS} connections", load.p95, "ms", P95),
        Measure(f"{name}: requests", load.rate, "/s"),
        Measure(f"{name}: CPU per request", cpu, "ms"),
    ]
    return measures + ([Measure(f"{name}: ERRORS", load.errors, "")] if load.errors else [])


def _periods(lengths: range) -> list[str]:
    """Return 120 periods of each length in days, as the filters write them."""
    today = datetime.now(UTC).date()
    return [
        f"du={today + timedelta(days=number)}&au={today + timedelta(days=number + length)}"
        for length in lengths
        for number in range(120)
    ]


def _cost(bench: Bench, server: Server) -> float:
    """Return the seconds of CPU of one agenda page that nobody asked for yet, once warm."""
    wrk(bench, server, [f"/agenda?{period}" for period in _periods(range(60, 80))], CONNECTIONS)
    before = server.cpu()
    paths = [f"/agenda?{period}" for period in _periods(range(80, 120))]
    load = wrk(bench, server, paths, CONNECTIONS)
    return (server.cpu() - before) / max(load.requests, 1)


async def _fill(url: str, count: int) -> None:
    await fill.prepare(url)
    async with connected(url):
        await fill.fill(count, datetime.now(UTC).date())
        # What autovacuum would have done by the time a real site has so many events.
        await execute("ANALYZE")
