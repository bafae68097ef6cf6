"""A neighbour that behaves: what it gives must survive the others' failures."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from palabre.api import PUBLIC, EventView, Manifest, NavigationItem, Page, hookimpl

manifest = Manifest(name="kind", title="Gentille", version="1.0", api=1, url="/gentille")


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("Bonjour")


@hookimpl
def routes() -> list[Page]:
    return [Page("/", hello, "hello", PUBLIC)]


@hookimpl
def navigation() -> list[NavigationItem]:
    return [NavigationItem("Gentille", "/", PUBLIC)]


@hookimpl
def page_slot(event: EventView | None) -> list[Markup]:
    if event is None:
        return []
    return [Markup("<p>Vu : {}</p>").format(event.content.title)]
