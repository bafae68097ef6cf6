"""Has a page whose address no router can read."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse

from palabre.api import PUBLIC, Manifest, Page, hookimpl

manifest = Manifest(name="bad_address", title="Perdue", version="1.0", api=1, url="/perdue")


async def page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("")


@hookimpl
def routes() -> list[Page]:
    return [Page("/{one}/{one}", page, "page", PUBLIC)]
