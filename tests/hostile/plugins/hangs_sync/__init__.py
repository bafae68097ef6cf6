"""Turns in circles: a plain function, so in a thread of its own."""

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="hangs_sync", title="Toupie", version="1.0", api=1, url="/toupie")


@hookimpl
def page_slot() -> list[Markup]:
    turns = 0
    while True:
        turns += 1
