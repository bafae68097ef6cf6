"""A typo in an argument's name."""

from markupsafe import Markup

from palabre.api import EventView, Manifest, hookimpl

manifest = Manifest(
    name="unknown_argument", title="Distraite", version="1.0", api=1, url="/distraite"
)


@hookimpl
def page_slot(evnt: EventView) -> list[Markup]:
    return []
