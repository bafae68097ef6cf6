"""Says everything, to everybody, all the time."""

import logging

import structlog
from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="floods_log", title="Pipelette", version="1.0", api=1, url="/pipelette")


@hookimpl
async def page_slot() -> list[Markup]:
    for number in range(2_000):
        structlog.get_logger().warning("bla", number=number)
        logging.getLogger(__name__).warning("bli %s", number)
    return []
