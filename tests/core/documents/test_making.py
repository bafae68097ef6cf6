"""Documents laid out for real: tagged, the same each time, with nothing to reach and little to use."""

import asyncio
import io
import socket
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from typing import Any
from zlib import crc32

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from palabre.documents.layout import MEMORY, lay_out, made_of
from palabre.documents.values import Document, Made
from palabre.jobs.children import ChildFailed, run_in_child


async def make(
    document: Document,
    progress: Callable[[float, str], None] = lambda _percent, _sentence: None,
    seconds: float = 60,
) -> Made:
    """Lay it out as the job does."""
    octets = await run_in_child(
        lay_out, [document.packed()], memory=MEMORY, seconds=seconds, progress=progress
    )
    return made_of(octets)


def page(body: str, style: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="fr"><head><title>Essai</title><style>{style}</style></head>'
        f"<body>{body}</body></html>"
    )


def picture(width: int = 40, height: int = 20) -> bytes:
    octets = io.BytesIO()
    Image.new("RGB", (width, height), (23, 89, 74)).save(octets, "PNG")
    return octets.getvalue()


async def test_a_document_is_tagged_and_says_what_it_is() -> None:
    """PDF/UA-1 (ISO 14289-1): marked, titled, in a language, its pictures described."""
    body = '<h1>Fête de l’eau</h1><p>Bonjour</p><img src="own:mare.png" alt="La mare de Koussan">'

    made = await make(Document(page(body), {"mare.png": picture()}))

    reader = PdfReader(io.BytesIO(made.pdf))
    root: Any = reader.root_object
    assert made.complaints == ()
    assert made.pages == len(reader.pages) == 1
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert reader.metadata is not None
    assert reader.metadata.title == "Essai"
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()
    assert tags(root["/StructTreeRoot"]) >= {"/H1", "/P", "/Figure"}
    assert "La mare de Koussan" in str(described(root["/StructTreeRoot"]))


async def test_the_same_document_gives_the_same_octets() -> None:
    wanted = Document(page("<h1>Programme</h1>"), {"a.png": picture()})

    first, second = await asyncio.gather(make(wanted), make(wanted))

    assert first.pdf == second.pdf


async def test_each_language_of_the_programme_has_its_letters(templates_text: str) -> None:
    """French, Pulaar and Armenian, with the fonts that Palabre brings and no other."""
    made = await make(Document(templates_text))

    text = PdfReader(io.BytesIO(made.pdf)).pages[0].extract_text()
    for words in ("Œuvre « naïve » : 3 €", "ɓ ɗ ŋ ƴ", "Գեղարքունիք"):
        assert words in text
    assert made.complaints == ()


async def test_a_document_reaches_no_network_and_no_file() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        body = "".join(
            f'<img src="{address}" alt="">'
            for address in (
                f"http://127.0.0.1:{port}/a.png",
                "file:///etc/passwd",
                "/etc/passwd",
                "font:../values.py",
                "own:../../etc/passwd",
                "own:other.png",
            )
        )
        style = f'@import "http://127.0.0.1:{port}/a.css"; body {{ background: url(file:///etc/hosts) }}'
        made = await make(
            Document(page(f'{body}<a rel=attachment href="file:///etc/passwd">x</a>', style))
        )
        with pytest.raises(TimeoutError):
            listener.accept()

    assert sum("can't reach" in complaint for complaint in made.complaints) >= 7
    assert b"root:" not in made.pdf
    assert "/Names" not in PdfReader(io.BytesIO(made.pdf)).root_object


async def test_progress_counts_pages() -> None:
    seen: list[tuple[float, str]] = []

    made = await make(
        Document(page("<p>Bonjour</p>" * 5, "p { break-after: page }")),
        lambda percent, sentence: seen.append((percent, sentence)),
    )

    assert seen == sorted(seen)
    assert seen[-1][1] == f"page {made.pages}" == "page 5"
    assert seen[-1][0] < 90


async def test_what_takes_too_long_is_ended() -> None:
    endless = "<div style='display: flex'>" * 300 + "x" * 10

    with pytest.raises(ChildFailed, match="pas fini"):
        await make(Document(page(endless * 50)), seconds=1.5)


async def test_what_needs_too_much_memory_is_ended_and_the_site_stays() -> None:
    wanted = Document(page('<img src="own:b.png" alt="">'), {"b.png": bomb(13_000)})

    with pytest.raises(ChildFailed, match="mémoire"):
        await make(wanted)


def bomb(side: int) -> bytes:
    """Return a small PNG (RFC 2083) that takes side × side × 4 octets once it is opened."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))

    packer = zlib.compressobj(1)
    rows = [packer.compress(bytes(1 + 4 * side)) for _row in range(side)]
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = b"".join((*rows, packer.flush()))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body) for kind, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    )


def test_packing_keeps_everything() -> None:
    wanted = Document(page("é"), {"b": b"\0\1", "a": b""})

    assert Document.unpacked(wanted.packed()) == wanted
    assert Document.unpacked(wanted.packed()).digest == wanted.digest
    assert Document(page("é"), {"b": b"\0\1"}).digest != wanted.digest


@pytest.fixture
def templates_text() -> str:
    from jinja2 import Environment, FileSystemLoader

    from palabre.web.templates import CORE_TEMPLATES

    environment = Environment(loader=FileSystemLoader(CORE_TEMPLATES), autoescape=True)
    return environment.from_string(
        '{% extends "documents/base.html" %}{% block title %}Lettres{% endblock %}{% block body %}'
        "<h1>Œuvre « naïve » : 3 €</h1><p>Pulaar : <em>ɓ ɗ ŋ ƴ</em> <b>Ɓ</b> ; հայերեն : Գեղարքունիք</p>"
        "{% endblock %}"
    ).render(language="fr")


def tags(element: object) -> set[str]:
    """Return the kinds of elements in the structure tree, which is the reading order."""
    return {str(each["/S"]) for each in _walk(element) if "/S" in each}


def described(element: object) -> list[str]:
    return [str(each["/Alt"]) for each in _walk(element) if "/Alt" in each]


def _walk(element: object) -> list[DictionaryObject]:
    found = []
    waiting = [element]
    while waiting:
        each = waiting.pop().get_object()  # type: ignore[attr-defined]  # pypdf's objects
        if isinstance(each, DictionaryObject):
            found.append(each)
            waiting += [each["/K"]] if "/K" in each else []
        elif isinstance(each, list):
            waiting += each
    return found
