"""Blocks the event loop: an async function that sleeps like a plain one."""

import time

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="blocks_loop", title="Bouchon", version="1.0", api=1, url="/bouchon")


@hookimpl
async def page_slot() -> list[Markup]:
    time.sleep(3600)  # noqa: ASYNC251  # the point
    return []
