"""The process that lays a document out: little memory, little time, nothing to fetch.

    python -I -m palabre.documents.child

It reads a packed document from its standard input, and writes messages to its standard output: a letter,
a length in four octets, and as many octets. `P` is the progress (a page's number), `D` the PDF after
its number of pages (four octets), `C` a complaint of the layout, `N` that a library is missing.
"""

import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any

from palabre.documents.values import LENGTH, Document

MEMORY = (
    600 * 1024 * 1024
)  # octets of address space; a programme of 200 events takes a quarter of it
SECONDS = 60  # of CPU
FILE = 64 * 1024 * 1024  # octets of a file, such as a font unpacked
FILES = 128  # open at a time
MAX_COMPLAINTS = 50
FONTS = Path(__file__).parent / "fonts"


def main() -> int:
    """Lay out one document; the exit code is 0 when it was sent."""
    _limit()
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the messages
    wanted = Document.unpacked(sys.stdin.buffer.read())
    try:
        import weasyprint
    except OSError as missing:  # Pango isn't there
        _say(answer, b"N", str(missing).encode())
        return 1
    _listen(answer)
    html = weasyprint.HTML(
        string=wanted.html, base_url="own:", url_fetcher=_fetcher(wanted), media_type="print"
    )
    document = html.render(pdf_variant="pdf/ua-1", cache={})
    pdf: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=wanted.digest[:16], pdf_tags=True
    )
    _say(answer, b"D", LENGTH.pack(len(document.pages)) + pdf)
    return 0


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def _say(answer: Any, kind: bytes, body: bytes) -> None:  # noqa: ANN401  any binary file
    answer.write(kind + LENGTH.pack(len(body)) + body)
    answer.flush()


def _fetcher(document: Document) -> Any:  # noqa: ANN401  weasyprint has no types
    """Return a fetcher that knows the document's own files and our fonts, and no way out."""
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


def _listen(answer: Any) -> None:  # noqa: ANN401  any binary file
    """Pass on the pages that are laid out, and what is complained of."""
    from weasyprint.logger import LOGGER, PROGRESS_LOGGER

    class Pages(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Page %d" in str(record.msg) and isinstance(record.args, tuple):
                _say(answer, b"P", str(record.args[0]).encode())

    class Complaints(logging.Handler):
        left = MAX_COMPLAINTS

        def emit(self, record: logging.LogRecord) -> None:
            if self.left:
                self.left -= 1
                _say(answer, b"C", record.getMessage()[:500].encode())

    LOGGER.setLevel(logging.WARNING)
    LOGGER.addHandler(Complaints())
    PROGRESS_LOGGER.propagate = False
    PROGRESS_LOGGER.setLevel(logging.INFO)
    PROGRESS_LOGGER.addHandler(Pages())


if __name__ == "__main__":
    sys.exit(main())
