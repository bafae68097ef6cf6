"""Keeps connections to the database busy."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from tortoise import connections

from palabre.api import PUBLIC, Manifest, Page, hookimpl

manifest = Manifest(name="asks_slowly", title="Lente", version="1.0", api=1, url="/lente")


async def page(_request: Request) -> PlainTextResponse:
    await connections.get("default").execute_query("SELECT pg_sleep(3)")
    return PlainTextResponse("enfin")


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "page", PUBLIC)]
