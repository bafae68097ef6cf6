"""What asking plugins adds to a page: 3 and 30 of them, paused, awaiting or in threads.

Each plugin here gives one small piece of HTML for an event's page, the hook that is asked most
often. CPU of the whole process, in one event loop as the server's.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from uuid import uuid4

import uvloop

from bench.tools import Bench, Measure
from palabre.events.values import Content, Timed
from palabre.hookvalues import EventView
from palabre.plugins import Plugins
from palabre.plugins.loading import GROUP, load_all
from palabre.plugins.state import State

FEW, MANY = 3, 30
CALLS = 2_000
SOURCE = """
from markupsafe import Markup
from palabre.api import Manifest, hookimpl

manifest = Manifest(name="{name}", title="{name}", version="1.0", api=1, url="/{url}")

@hookimpl
{way} page_slot(slot, event):
    return [Markup('<section class="card"><h2>{name}</h2><p>{{}}</p></section>').format(event.slug)]
"""


def measure(bench: Bench) -> list[Measure]:
    """Make the plugins in the bench's folder, load them, and ask them."""
    sys.path.insert(0, str(bench.folder))
    try:
        return [
            *_measures(bench, "async def", "awaiting", "≤ 100"),
            *_measures(bench, "def", "in threads", "≤ 400"),
        ]
    finally:
        sys.path.remove(str(bench.folder))


def _measures(bench: Bench, way: str, words: str, target: str) -> list[Measure]:
    cost = {count: _cost(bench, _loaded(bench.folder, way, count)) for count in (0, FEW, MANY)}
    paused = _loaded(bench.folder, way, MANY)
    paused.follow({e.name: State().with_pause("bench") for e in paused.extensions})
    return [
        Measure(f"{FEW} plugins {words}: added to a page", cost[FEW] - cost[0], "µs"),
        Measure(f"{MANY} plugins {words}: added to a page", cost[MANY] - cost[0], "µs"),
        Measure(f"one of {MANY}, {words}", (cost[MANY] - cost[0]) / MANY, "µs", target),
        Measure(f"one paused of {MANY}", (_cost(bench, paused) - cost[0]) / MANY, "µs", "≤ 1"),
    ]


def _loaded(folder: Path, way: str, count: int) -> Plugins:
    kind = "a" if way.startswith("async") else "d"
    names = [f"bench{kind}{number:02}" for number in range(count)]
    for name in names:
        (folder / name).mkdir(exist_ok=True)
        source = SOURCE.format(name=name, url=name, way=way)
        (folder / name / "__init__.py").write_text(source)
    found = Plugins(load_all([EntryPoint(name, name, GROUP) for name in names]))
    assert [line.reason for line in found.report()] == [""] * count  # noqa: S101  a bench of nothing is none
    return found


def _cost(bench: Bench, plugins: Plugins) -> float:
    """Return the microseconds of CPU of asking once."""
    when = Timed(datetime(2026, 11, 20, 18, tzinfo=UTC), None, "UTC")
    view = EventView(uuid4(), "veillee", Content("Veillée", when), uuid4())
    calls = bench.size(CALLS)

    async def ask() -> float:
        for _warm in range(20):
            await plugins.slot("event_page", view)
        before = time.process_time()
        for _again in range(calls):
            await plugins.slot("event_page", view)
        return (time.process_time() - before) / calls * 1e6

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())
