"""Leaves tasks behind, and blocks the loop from a child task."""

import asyncio
import time

from markupsafe import Markup

from palabre.api import Check, Event, Manifest, hookimpl

manifest = Manifest(name="leaks_tasks", title="Semeuse", version="1.0", api=1, url="/semeuse")
left: list[asyncio.Task[None]] = []


async def for_ever() -> None:
    while True:
        await asyncio.sleep(0.01)
        await Event.all().count()


@hookimpl
async def page_slot() -> list[Markup]:
    left.append(asyncio.create_task(for_ever()))
    return [Markup("<p>Semé</p>")]


async def block() -> None:
    time.sleep(3600)  # noqa: ASYNC251  # the point


@hookimpl
async def health() -> list[Check]:
    await asyncio.gather(block(), asyncio.sleep(0))
    return []
