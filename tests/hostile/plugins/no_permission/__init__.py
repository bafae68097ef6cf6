"""Has a page that names no permission."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from palabre.api import PUBLIC, Manifest, Page, hookimpl

manifest = Manifest(name="no_permission", title="Passoire", version="1.0", api=1, url="/passoire")


async def page(_request: Request) -> Response:
    return PlainTextResponse("secret")


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "door", PUBLIC), Page("/secret", page, "secret", "")]
