"""Asks the database one row at a time, for ever; its guard too, swallowing what it is told."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from palabre.api import PUBLIC, Event, EventDraft, Fault, Manifest, Page, hookimpl

manifest = Manifest(name="asks_too_much", title="Curieuse", version="1.0", api=1, url="/curieuse")


async def ask(times: int) -> int:
    refused = 0
    for _again in range(times):
        try:
            await Event.all().count()
        except Exception:  # noqa: BLE001  the point: it goes on whatever happens
            refused += 1
    return refused


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(await ask(1000)))


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "page", PUBLIC)]


@hookimpl
async def page_slot() -> list[Markup]:
    await ask(1000)
    return [Markup("<p>Vu mille fois</p>")]


@hookimpl
async def validate_event(draft: EventDraft) -> list[Fault]:
    await ask(1000)
    return []
