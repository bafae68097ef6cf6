"""`/healthz`: whether this process answers, for whoever watches it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from palabre import __version__
from palabre.web.routing import PUBLIC, Page


async def healthz(_request: Request) -> Response:
    """Say that the process is up; nothing is asked of the database."""
    return JSONResponse(
        {"status": "ok", "version": __version__}, headers={"cache-control": "no-store"}
    )


PAGES = [Page("/healthz", healthz, "healthz", PUBLIC)]
