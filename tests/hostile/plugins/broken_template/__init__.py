"""Has templates that can't be read, or that use what isn't there."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.api import PUBLIC, Manifest, Page, hookimpl, render

manifest = Manifest(
    name="broken_template", title="Brouillon", version="1.0", api=1, url="/brouillon"
)


async def unreadable(request: Request) -> Response:
    return render(request, "broken_template/unreadable.html")


async def undefined(request: Request) -> Response:
    return render(request, "broken_template/undefined.html")


async def absent(request: Request) -> Response:
    return render(request, "broken_template/absent.html")


async def endless(request: Request) -> Response:
    return render(request, "broken_template/endless.html")


@hookimpl
def routes() -> list[Page]:
    return [
        Page("/", unreadable, "unreadable", PUBLIC),
        Page("/inconnu", undefined, "undefined", PUBLIC),
        Page("/absent", absent, "absent", PUBLIC),
        Page("/sans-fin", endless, "endless", PUBLIC),
    ]
