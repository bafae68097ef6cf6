"""Pen-pal exchanges between schools: the page, and a guard for what concerns pupils.

No letter and no pupil's data is kept here yet; what comes must be declared in this manifest.
"""

from collections.abc import Sequence

from palabre.api import (
    PUBLIC,
    EventDraft,
    Fault,
    Manifest,
    NavigationItem,
    Page,
    hookimpl,
    marked,
)
from palabre_penpals import domain
from palabre_penpals import routes as own

manifest = Manifest(
    name="penpals",
    title="Correspondance scolaire",
    version="0.1.0",
    api=1,
    url="/correspondance",
    minors=True,
)


@hookimpl
def routes() -> Sequence[Page]:
    """Bring the pages of the exchange."""
    return own.PAGES


@hookimpl
def navigation() -> Sequence[NavigationItem]:
    """Lead from the menu to the exchange."""
    return [NavigationItem(marked("Correspondance"), "/", PUBLIC)]


@hookimpl
async def validate_event(draft: EventDraft) -> Sequence[Fault]:
    """Refuse contact details in events about pupils' exchanges."""
    return domain.faults(draft.content)
