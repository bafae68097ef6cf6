"""What machines ask of a site: whether it lives, and what they may read."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from palabre import __version__
from palabre.web.routing import PUBLIC, Page

# Feeds must stay allowed: Google's calendar importer obeys this file (FEED.md H28).
ROBOTS = """\
User-agent: *
Disallow: /connexion
Disallow: /invitation/
Disallow: /mes-evenements
Disallow: /evenements/nouveau
Allow: /
"""


async def healthz(_request: Request) -> Response:
    """Say that the process is up; nothing is asked of the database."""
    headers = {"cache-control": "no-store"}
    return JSONResponse({"status": "ok", "version": __version__}, headers=headers)


async def robots(_request: Request) -> Response:
    """Say what robots may read: all that is public (RFC 9309)."""
    return PlainTextResponse(ROBOTS, headers={"cache-control": "public, max-age=86400"})


PAGES = [
    Page("/healthz", healthz, "healthz", PUBLIC),
    Page("/robots.txt", robots, "robots", PUBLIC),
]
