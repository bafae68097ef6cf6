"""The job that makes a document, and the answer that offers one."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from palabre.database.connection import transaction
from palabre.documents import domain
from palabre.documents.layout import MEMORY, SECONDS, lay_out, made_of
from palabre.documents.values import MAX_SIZE, Document
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.jobs.children import ChildFailed
from palabre.jobs.declaring import Run, core_job
from palabre.web.site import site_of

NOTHING: Mapping[str, Any] = MappingProxyType({})

log = structlog.get_logger()


@core_job(marked("Préparation d’un document"), retries=0, seconds=SECONDS + 60)
async def make_document(run: Run, digest: str) -> dict[str, int]:
    """Lay out the document of this digest (hex), unless that was done, and keep it."""
    document = await domain.wanted(bytes.fromhex(digest))
    if document is None:
        return {}
    try:
        octets = await run.in_child(lay_out, document.packed(), memory=MEMORY, seconds=SECONDS)
    except ChildFailed as failure:  # its words may be the document's: they stay out of the log
        log.warning("document_not_made", kind=type(failure).__name__)
        raise Refused(
            _(
                "Ce document n’a pas pu être fait : il est sans doute trop gros. Choisissez-en une partie."
            )
        ) from None
    made = made_of(octets)
    if made.complaints:
        log.warning("document_complaints", count=len(made.complaints))
    await domain.keep(document.digest, made)
    return {"pages": made.pages}


def document_of(
    request: Request,
    template: str,
    context: Mapping[str, Any] = NOTHING,
    files: Mapping[str, bytes] = NOTHING,
) -> Document:
    """Return the document that a template makes; it extends `documents/base.html`.

    `files` are the pictures it shows, JPEG or PNG, by the names it calls them with: `own:name`.
    """
    return Document(site_of(request).templates.text(request, template, context), files)


async def offer_document(
    request: Request,
    document: Document,
    *,
    kind: str,
    filename: str,
    subjects: Sequence[str] = (),
    shared: bool = False,
) -> Response:
    """Answer with a document's PDF, or lead to the page that waits until it is made.

    The caller has checked that the reader may see what the document shows.

    Args:
        request: its address is where the waiting page leads back to.
        document: what to print; the same content is laid out once.
        kind: whose it is and what, such as "festival.programme".
        filename: as it should be kept, such as "programme.pdf".
        subjects: what it shows, for `forget_documents`.
        shared: whether caches that serve many readers may keep it, for five minutes.

    Raises:
        Refused: the document is too large to be made.

    """
    if document.size > MAX_SIZE:
        raise Refused(_("Ce document est trop gros. Choisissez-en une partie."))
    etag = f'"{document.digest.hex()}"'
    pdf = await domain.find(document)
    if pdf is None:
        return await _ask(request, document, kind, subjects)
    headers = {
        "etag": etag,
        "cache-control": "public, max-age=300" if shared else "private, no-cache",
        "content-disposition": f"inline; filename*=utf-8''{quote(filename)}",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _ask(
    request: Request, document: Document, kind: str, subjects: Sequence[str]
) -> Response:
    digest = document.digest.hex()
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    async with transaction():
        await domain.ask(document, kind, subjects)
        job = await make_document.options(unique=digest, leads_to=back).enqueue(digest)
    return RedirectResponse(f"/travaux/{job}", 303, {"cache-control": "no-store"})
