"""A board for each published event, where hosts will offer beds."""

from collections.abc import Sequence

from markupsafe import Markup

from palabre.api import (
    PUBLIC,
    Check,
    Event,
    EventChange,
    EventView,
    Job,
    Manifest,
    NavigationItem,
    Page,
    Permission,
    Publication,
    Role,
    Run,
    hookimpl,
    job,
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


@job("Ranger les tableaux", cron="30 4 * * *")
async def tidy(run: Run) -> int:
    """Take away boards whose event is gone; returns how many stay."""
    boards = await Board.all()
    for number, board in enumerate(boards):
        run.progress(100 * number / len(boards), board.slug)
        if not await Event.exists(id=board.event_id):
            await board.delete()
    return await Board.all().count()


@hookimpl
def jobs() -> Sequence[Job[[]]]:
    return [tidy]
