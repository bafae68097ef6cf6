"""The Festival des solidarités: its page, its editions, its events."""

from collections.abc import Sequence

from markupsafe import Markup

from palabre.api import PUBLIC, EventView, Manifest, NavigationItem, Page, hookimpl, marked
from palabre_festival import domain, views
from palabre_festival import routes as own

manifest = Manifest(
    name="festival",
    title="Festival des solidarités",
    version="0.1.0",
    api=1,
    url="/festival",
)


@hookimpl
def routes() -> Sequence[Page]:
    """Bring the pages of the festival."""
    return own.PAGES


@hookimpl
def navigation() -> Sequence[NavigationItem]:
    """Lead from the menu to the festival."""
    return [NavigationItem(marked("Festival"), "/", PUBLIC)]


@hookimpl
async def page_slot(slot: str, event: EventView | None) -> Sequence[Markup]:
    """Say on an event's page that it belongs to the festival."""
    if slot == "event_page" and event is not None and domain.belongs(event.content):
        return [views.belonging()]
    return []
