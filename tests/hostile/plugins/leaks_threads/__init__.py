"""Starts a thread at each call, and fills the event loop's pool with calls that hang."""

import asyncio
import threading
import time

from markupsafe import Markup

from palabre.api import Check, Manifest, hookimpl

manifest = Manifest(name="leaks_threads", title="Fileuse", version="1.0", api=1, url="/fileuse")


def for_ever() -> None:
    while True:
        time.sleep(60)


@hookimpl
async def page_slot() -> list[Markup]:
    threading.Thread(target=for_ever, daemon=True).start()
    return [Markup("<p>Filé</p>")]


@hookimpl
async def health() -> list[Check]:
    await asyncio.gather(*[asyncio.to_thread(time.sleep, 3600) for _again in range(50)])
    return []
