"""Keeping what every page says of the legal ones (its state of accessibility) up to date."""

import asyncio
import contextlib

from palabre.errors import DatabaseUnavailable
from palabre.legal import publisher
from palabre.web.site import Site

EVERY = 60.0  # seconds until what another process was told is said by this one


async def follow(site: Site) -> None:
    """Read the state of accessibility now and then, for as long as the site runs."""
    while True:
        with contextlib.suppress(DatabaseUnavailable):
            site.accessibility = (await publisher.read()).conformity
        await asyncio.sleep(EVERY)
