"""HTML → tagged PDF: the function that a child process runs, with nothing to fetch.

It belongs into `Run.in_child`, whose limits end what is too large; see docs/decisions.
"""

import json
import logging
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from palabre.documents.values import LENGTH, Document, Made
from palabre.errors import Refused
from palabre.i18n import gettext as _

MEMORY = 400  # MiB; a programme of 200 entries takes a fifth of it
SECONDS = 120.0
FILE = 64 * 1024 * 1024  # bytes of a file that the layout writes, such as a font
MAX_COMPLAINTS = 50
FONTS = Path(__file__).parent / "fonts"
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

Progress = Callable[[float, str], None]


def lay_out(packed: bytes, progress: Progress) -> bytes:
    """Lay a packed document out as PDF/UA-1; the same document gives the same octets.

    Args:
        packed: what `Document.packed` gave.
        progress: told the number of pages so far; their sum isn't known, so it never says more
            than 90 %.

    Returns what `made_of` reads. Raises Refused when Pango isn't installed.

    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    wanted = Document.unpacked(packed)
    try:
        import weasyprint
    except OSError as missing:
        raise Refused(
            _("Ce serveur ne sait pas encore faire de PDF. À installer : {packages}.").format(
                packages=PACKAGES
            )
        ) from missing
    complaints: list[str] = []
    _listen(complaints, progress)
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # its fonts go with it
        html = weasyprint.HTML(
            string=wanted.html, base_url="own:", url_fetcher=_fetcher(wanted), media_type="print"
        )
        document = html.render(pdf_variant="pdf/ua-1", cache={})
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=wanted.digest[:16], pdf_tags=True
        )
    head = json.dumps({"pages": len(document.pages), "complaints": complaints}).encode()
    return LENGTH.pack(len(head)) + head + pdf


def made_of(octets: bytes) -> Made:
    """Read what `lay_out` returned."""
    start = LENGTH.size + LENGTH.unpack_from(octets)[0]
    head = json.loads(octets[LENGTH.size : start])
    return Made(octets[start:], head["pages"], tuple(head["complaints"]))


def _fetcher(document: Document) -> Any:  # noqa: ANN401  weasyprint has no types
    """Return a fetcher that knows the document's own pictures and our fonts, and no way out."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    fonts = {path.name for path in FONTS.glob("*.ttf")}

    class Closed(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
        def fetch(self, url: str, headers: object = None) -> Any:  # noqa: ANN401, ARG002  theirs
            scheme, _colon, name = url.partition(":")
            if scheme == "own" and name in document.files:
                return URLFetcherResponse(url, document.files[name])
            if scheme == "font" and name in fonts:
                return URLFetcherResponse(url, (FONTS / name).read_bytes())
            raise ValueError(f"a document can't reach {url[:200]}")

    return Closed()


def _listen(complaints: list[str], progress: Progress) -> None:
    """Take down what the layout complains of, and pass on the pages that it has done."""
    from weasyprint.logger import LOGGER, PROGRESS_LOGGER

    class Pages(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Page %d" in str(record.msg) and isinstance(record.args, tuple):
                pages = int(str(record.args[0]))
                progress(90 * pages / (pages + 10), _("page {number}").format(number=pages))

    class Complaints(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if len(complaints) < MAX_COMPLAINTS:
                complaints.append(record.getMessage()[:500])

    LOGGER.setLevel(logging.WARNING)
    LOGGER.handlers = [Complaints()]
    PROGRESS_LOGGER.propagate = False
    PROGRESS_LOGGER.setLevel(logging.INFO)
    PROGRESS_LOGGER.handlers = [Pages()]
