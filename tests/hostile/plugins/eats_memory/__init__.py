"""Takes all the memory that it can get: in the loop, in a thread, at once."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from palabre.api import PUBLIC, EventDraft, Fault, Manifest, Page, hookimpl

manifest = Manifest(name="eats_memory", title="Gourmande", version="1.0", api=1, url="/gourmande")
PLATE = 4 * 1024 * 1024


def eat() -> list[bytes]:
    return [b"x" * PLATE for _again in range(5_000)]


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse(b"x" * 2**46)


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "page", PUBLIC)]


@hookimpl
async def page_slot() -> list[Markup]:
    eat()
    return []


@hookimpl
def validate_event(draft: EventDraft) -> list[Fault]:
    eat()
    return []
