"""A login storm: fifty people sign in at once, again and again; what do readers feel?

The server has both cores, as a small machine would. Readers come at a steady rate, whether or not
they are answered (an open loop: a slow answer delays nobody's next request), first alone, then
during the storm. Each login comes from an address of its own, so that no limit ends the storm.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from statistics import quantiles

import httpx

from bench import fill
from bench.tools import CORES, Bench, Measure, Server, palabre
from palabre.database.connection import connected
from palabre.people.domain import create_user

EVENTS = 2_000
STORM = 50
READERS = 60  # requests a second
TARGET = "≤ 3"
PASSWORD = "lune pain vélo orage"  # noqa: S105  of accounts that live as long as the bench
PAGES = ("/", "/agenda", "/organisations", "/agenda?q=conte", "/abonnement")


def measure(bench: Bench) -> list[Measure]:
    """Fill, read alone, read during the storm."""
    with fill.database(bench, "data") as url:
        asyncio.run(_fill(url, bench.size(EVENTS)))
        both = ",".join(map(str, CORES[:2]))
        with palabre(bench, url, both, PALABRE_TRUSTED_PROXIES="127.0.0.1") as server:
            return asyncio.run(_measure(bench, server))


async def _fill(url: str, events: int) -> None:
    await fill.prepare(url)
    async with connected(url):
        await fill.fill(events, datetime.now(UTC).date())
        for number in range(STORM):
            await create_user(_address(number), f"Bench {number}", PASSWORD)


async def _measure(bench: Bench, server: Server) -> list[Measure]:
    seconds = bench.seconds * 2
    limits = httpx.Limits(max_connections=None)
    async with AsyncExitStack() as stack:
        # Made before: each reads the certificates of the whole world, which takes a while.
        client, *storming = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=server.url, timeout=120, limits=limits)
            )
            for _ in range(1 + STORM)
        ]
        await _read(client, 2)  # warm
        idle = _p99(await _read(client, seconds))
        over = asyncio.Event()
        storm = [asyncio.create_task(_sign_in(*each, over)) for each in enumerate(storming)]
        busy = _p99(await _read(client, seconds))
        over.set()
        waits = [wait for waits in await asyncio.gather(*storm) for wait in waits]
    return [
        Measure("public pages, p99 without logins", idle, "ms"),
        Measure(f"public pages, p99 while {STORM} sign in at once", busy, "ms"),
        Measure(f"p99 during a storm of {STORM} logins / without", busy / idle, "×", TARGET),
        Measure("logins answered", len(waits) / seconds, "/s"),
        Measure("a login in the storm, p99", _p99(waits), "ms"),
    ]


async def _read(client: httpx.AsyncClient, seconds: float) -> list[float]:
    """Return how long each page took, in seconds, from when it should have been asked for."""
    began = time.perf_counter()

    async def ask(due: float, path: str) -> float:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        answer = await client.get(path)
        answer.raise_for_status()
        return time.perf_counter() - due

    asked = [
        asyncio.create_task(ask(began + number / READERS, PAGES[number % len(PAGES)]))
        for number in range(int(seconds * READERS))
    ]
    return await asyncio.gather(*asked)


async def _sign_in(number: int, client: httpx.AsyncClient, over: asyncio.Event) -> list[float]:
    """Sign in again and again until it is over; return how long each time took, in seconds."""
    waits = []
    for turn in count():
        if over.is_set():
            break
        started = time.perf_counter()
        answer = await client.post(
            "/connexion",
            data={"email": _address(number), "password": PASSWORD},
            headers={"x-forwarded-for": f"10.{number}.{turn // 250}.{turn % 250}"},
        )
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise RuntimeError(f"a login was answered {answer.status_code}")
        waits.append(time.perf_counter() - started)
        client.cookies.clear()
    return waits


def _address(number: int) -> str:
    return f"bench{number}@example.org"


def _p99(seconds: list[float]) -> float:
    """Return the 99th percentile, in milliseconds."""
    return quantiles(seconds, n=100)[98] * 1000
