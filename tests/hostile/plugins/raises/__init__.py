"""Raises in every hook, and in its page."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from palabre.api import PUBLIC, EventChange, EventDraft, Fault, Manifest, Page, hookimpl

manifest = Manifest(name="raises", title="Capricieuse", version="1.0", api=1, url="/capricieuse")


async def page(_request: Request) -> Response:
    raise ValueError("page")


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "page", PUBLIC)]


@hookimpl
def page_slot() -> list[Markup]:
    raise ZeroDivisionError("slot")


@hookimpl
async def validate_event(draft: EventDraft) -> list[Fault]:
    raise KeyError("garde")


@hookimpl
async def event_committed(change: EventChange) -> None:
    raise OSError("courrier")
