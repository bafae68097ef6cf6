"""What the permission filter costs: the same query over 10,000 events, with it and without.

A list of a hundred events in the order of their dates, as pages ask for it; all of them read, by
somebody who may see them all; and all of them counted, the worst case: the bare query then reads
no event at all. Half of the events are drafts, so that the filter has something to do.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

from tortoise.expressions import Q

from bench import fill
from bench.tools import Bench, Measure
from palabre.database.connection import connected, execute
from palabre.events.models import Event
from palabre.people.models import Organisation, Role
from palabre.people.permissions import ANONYMOUS, Actor, visible

EVENTS = 10_000
ROUNDS = {"all read": 60, "list of 100": 60, "count": 400}  # the shorter, the more of them
TARGET = "≤ 1.2"
_DRAFTS = """
UPDATE core_event SET publication = 'draft'
WHERE get_byte(uuid_send(id), 15) % 2 = 0
"""
Ask = Callable[[Q], Awaitable[object]]


def measure(bench: Bench) -> list[Measure]:
    """Fill, hide half of it, and ask as an editor, a coordinator and nobody."""
    with fill.database(bench, "data") as url:
        return asyncio.run(_measure(url, bench.size(EVENTS)))


async def _measure(url: str, count: int) -> list[Measure]:
    await fill.prepare(url)
    async with connected(url):
        await fill.fill(count, datetime.now(UTC).date())
        await execute(_DRAFTS)
        # As the server does by itself after a while; an import alone leaves it undone.
        await execute("VACUUM ANALYZE core_event")
        organisations = [found.id for found in await Organisation.all().order_by("slug")]
        actors = {
            "nobody": ANONYMOUS,
            "editor of two": Actor(roles=dict.fromkeys(organisations[:2], Role.EDITOR)),
            "coordinator of half": _coordinator(organisations),
        }
        everywhere = Actor(roles=dict.fromkeys(organisations, Role.EDITOR))
        asked: list[tuple[str, Ask, str, Actor]] = [("all read", _all, "editor of all", everywhere)]
        for what, ask in (("list of 100", _list), ("count", _count)):
            asked += [(what, ask, who, actor) for who, actor in actors.items()]
        return [
            Measure(
                f"{what}, {who}: filtered / not",
                await _ratio(ask, actor, ROUNDS[what]),
                "×",
                TARGET,
            )
            for what, ask, who, actor in asked
        ]


async def _ratio(ask: Ask, actor: Actor, rounds: int) -> float:
    """Return the median time of the filtered query over that of the bare one, asked in turns."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * rounds):
        filtered = number % 2 == 1
        began = time.perf_counter()
        await ask(visible(actor) if filtered else Q())
        times[filtered].append(time.perf_counter() - began)
    return median(times[True]) / median(times[False])


async def _list(wanted: Q) -> object:
    return await Event.filter(wanted).order_by("first_at", "id").limit(100).values("id", "title")


async def _all(wanted: Q) -> object:
    return await Event.filter(wanted).values("id", "title", "organisation_id", "first_at")


async def _count(wanted: Q) -> object:
    return await Event.filter(wanted).count()


def _coordinator(organisations: list[UUID]) -> Actor:
    half = len(organisations) // 2
    roles = {organisations[0]: Role.OWNER}
    return Actor(roles=roles, below=frozenset(organisations[1:half]))
