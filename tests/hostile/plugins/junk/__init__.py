"""Gives things that nobody asked for."""

from starlette.requests import Request

from palabre.api import PUBLIC, Manifest, Page, hookimpl

manifest = Manifest(name="junk", title="Brocante", version="1.0", api=1, url="/brocante")


async def page(_request: Request) -> str:
    return "pas une réponse"


@hookimpl
def routes() -> list[Page]:
    return [Page("/", page, "page", PUBLIC)]  # type: ignore[arg-type]  # the point


@hookimpl
def page_slot() -> list[str]:
    return ["<script>alert(1)</script>"]


@hookimpl
async def health() -> int:
    return 42


@hookimpl
async def validate_event() -> str:
    return "d’accord"
