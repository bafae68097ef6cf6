"""Documents laid out for real: tagged, the same each time, with nothing to reach and little to use."""

import asyncio
import io
import socket
import stat
import struct
import sys
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from palabre.documents import making
from palabre.documents.making import make
from palabre.documents.values import Document, NotMade


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
    seen: list[int] = []

    made = await make(Document(page("<p>Bonjour</p>" * 5, "p { break-after: page }")), seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == made.pages == 5


async def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PATIENCE", 1.5)
    endless = "<div style='display: flex'>" * 300 + "x" * 10

    with pytest.raises(NotMade, match="trop gros"):
        await make(Document(page(endless * 50)))


async def test_what_needs_too_much_memory_is_ended_and_the_site_stays() -> None:
    wanted = Document(page('<img src="own:b.png" alt="">'), {"b.png": bomb(13_000)})

    with pytest.raises(NotMade, match="trop gros"):
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


async def test_a_source_beyond_measure_is_refused_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(making, "MAX_SOURCE", 1000)
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(NotMade, match="trop gros"):
        await make(Document(page("x" * 2000)))


async def test_without_pango_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        sys, "executable", str(program(tmp_path, "printf 'N\\0\\0\\0\\1x'; exit 1"))
    )

    with pytest.raises(NotMade, match=r"libpango-1\.0-0"):
        await make(Document(page("")))


async def test_a_layout_that_breaks_is_said_kindly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(program(tmp_path, "echo Traceback >&2; exit 1")))

    with pytest.raises(NotMade, match="n’a pas pu être mis en page"):
        await make(Document(page("")))


async def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    monkeypatch.setenv("PALABRE_DATABASE_URL", "postgresql://someone:secret@db/palabre")
    monkeypatch.setattr(sys, "executable", str(program(tmp_path, f"env > {seen}; exit 1")))

    with pytest.raises(NotMade):
        await make(Document(page("")))

    assert "PATH=" in seen.read_text()
    assert "PALABRE" not in seen.read_text()


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


def program(folder: Path, script: str) -> Path:
    path = folder / "child"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


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
