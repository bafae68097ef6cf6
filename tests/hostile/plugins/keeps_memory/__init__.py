"""Keeps a little more at each call."""

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="keeps_memory", title="Fourmi", version="1.0", api=1, url="/fourmi")
larder: list[bytes] = []


@hookimpl
async def page_slot() -> list[Markup]:
    larder.extend(b"x" * 1024 * 1024 for _again in range(150))
    return []
