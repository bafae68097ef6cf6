"""Waits for ever, and clings to life when it is cancelled."""

import asyncio

from markupsafe import Markup

from palabre.api import EventDraft, Fault, Manifest, hookimpl

manifest = Manifest(name="hangs_async", title="Endormie", version="1.0", api=1, url="/endormie")


async def cling() -> None:
    for _again in range(3):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


@hookimpl
async def page_slot() -> list[Markup]:
    await cling()
    return []


@hookimpl
async def validate_event(draft: EventDraft) -> list[Fault]:
    await cling()
    return []
