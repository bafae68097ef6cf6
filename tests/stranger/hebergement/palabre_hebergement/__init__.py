"""A board for each published event, where hosts will offer beds."""

from collections.abc import Sequence

from markupsafe import Markup

from palabre.api import (
    PUBLIC,
    Check,
    EventChange,
    EventView,
    Manifest,
    NavigationItem,
    Page,
    Permission,
    Publication,
    Role,
    hookimpl,
)
from palabre_hebergement import views
from palabre_hebergement.models import Board

manifest = Manifest(
    name="hebergement",
    title="Bourse d’hébergement",
    version="1.0.0",
    api=1,
    url="/hebergement",
    permissions={
        "hebergement.manage": Permission("Gérer la bourse d’hébergement", roles=(Role.OWNER,))
    },
)


@hookimpl
def routes() -> Sequence[Page]:
    return [
        Page("/", views.boards, "boards", PUBLIC),
        Page("/gestion", views.boards, "manage", "hebergement.manage"),
    ]


@hookimpl
def navigation() -> Sequence[NavigationItem]:
    return [NavigationItem("Hébergement", "/", PUBLIC)]


@hookimpl
async def event_committed(change: EventChange) -> None:
    """Keep one board per published event; repeats and old versions change nothing."""
    if change.publication == Publication.PUBLISHED:
        await Board.get_or_create({"slug": change.slug}, event_id=change.event_id)


@hookimpl
async def page_slot(slot: str, event: EventView | None) -> Sequence[Markup]:
    if slot == "event_page" and event is not None and await Board.exists(event_id=event.event_id):
        return [Markup('<p><a href="/hebergement">Chercher un lit</a></p>')]
    return []


@hookimpl
async def health() -> Sequence[Check]:
    return [Check(f"{await Board.all().count()} tableaux", well=True)]
