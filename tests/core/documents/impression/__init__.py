"""A plugin that prints: a programme for everybody, and what is too large for anybody."""

from starlette.requests import Request
from starlette.responses import Response

from palabre.api import PUBLIC, Manifest, Page, document_of, hookimpl, offer_document

manifest = Manifest(
    name="impression", title="Impression", version="1.0.0", api=1, url="/impression"
)


async def programme(request: Request) -> Response:
    """Print a programme of as many pages as the address wants."""
    pages = int(request.query_params.get("pages", "1"))
    document = document_of(request, "impression/programme.html", {"pages": pages})
    return await offer_document(
        request,
        document,
        kind="impression.programme",
        filename="programme été.pdf",
        subjects=[f"pages:{pages}"],
        shared=True,
    )


@hookimpl
def routes() -> list[Page]:
    """Return its page."""
    return [Page("/programme.pdf", programme, "programme", PUBLIC)]
