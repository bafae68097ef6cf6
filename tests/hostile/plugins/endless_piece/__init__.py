"""Floods other people's pages."""

from markupsafe import Markup

from palabre.api import Manifest, hookimpl

manifest = Manifest(name="endless_piece", title="Bavarde", version="1.0", api=1, url="/bavarde")


@hookimpl
def page_slot() -> list[Markup]:
    return [Markup("bla ") * 1_000_000]
