import gzip
import zlib

import pytest

from palabre.errors import Refused
from palabre.importing.ical.calendar import read_all
from palabre.importing.ical.decode import decode
from palabre.importing.ical.limits import Limits
from tests.core.importing.writing import EVENING, calendar, event, read_all_titles

ONE = calendar(event(EVENING, title="Fête à Saint-Égrève"))


@pytest.mark.parametrize(
    "data",
    [
        ONE,
        b"\xef\xbb\xbf" + ONE,
        ONE.decode().encode("utf-16"),
        b"\xfe\xff" + ONE.decode().encode("utf-16-be"),
        ONE.decode().encode("utf-16-le"),
        ONE.decode().encode("utf-16-be"),
        ONE.decode().encode("utf-32"),
        ONE.replace(b"\r\n", b"\n"),
        ONE.replace(b"\r\n", b"\r"),
        ONE.replace(b"\r\n", b"\r\r\n"),
        ONE.replace(b"\r\n", b"\n", 3),
        b"\r\n\r\n" + ONE.replace(b"\r\n", b"\r\n\r\n"),
        gzip.compress(ONE),
        gzip.compress(ONE[:100]) + gzip.compress(ONE[100:]),
        b"    " + ONE.replace(b"\r\n", b"\r\n    "),
        ONE.replace(b"VEVENT", b"vevent").replace(b"BEGIN", b"Begin"),
    ],
    ids=[
        "utf8",
        "bom",
        "utf16",
        "utf16be",
        "utf16-no-bom",
        "utf16be-no-bom",
        "utf32",
        "lf",
        "cr",
        "crcrlf",
        "mixed",
        "blank",
        "gzip",
        "two-gzips",
        "margin",
        "case",
    ],
)
def test_every_way_to_write_the_same_calendar_gives_the_same_event(data: bytes) -> None:
    assert read_all_titles(data) == ["Fête à Saint-Égrève"]


def test_windows_1252_is_read_and_told() -> None:
    data = ONE.decode().encode("cp1252")

    reading = read_all(data)

    assert [item.content.title for item in reading.events] == ["Fête à Saint-Égrève"]
    assert [(note.line, note.message) for note in reading.notes] == [
        (7, "Cette ligne n’est pas en UTF-8 : lue comme du Windows-1252.")
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b" \r\n\t\n", "vide"),
        (b"\x00\x00", "vide"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "page web"),
        (b'\n{"events": []}', "JSON"),
        (b"[1, 2]", "JSON"),
        (b"PK\x03\x04calendar.ics", "zip"),
        (b"BEGIN:VCARD\nEND:VCARD", "carnet"),
        (b"Bonjour", "BEGIN:VCALENDAR"),
        (b"\x89PNG\r\n\x1a\n", "BEGIN:VCALENDAR"),
    ],
)
def test_what_is_no_calendar_is_refused_by_its_name(data: bytes, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        decode(data)

    assert words in refusal.value.message


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"BEGIN:VCALENDAR\n" + b" " * 20_000_000)
    assert len(bomb) < 30_000

    with pytest.raises(Refused, match="16 Mo"):
        decode(bomb)


def test_the_limit_counts_octets_after_decompression() -> None:
    roomy = Limits(bytes=len(ONE))

    assert decode(gzip.compress(ONE), roomy)
    with pytest.raises(Refused, match="Mo"):
        decode(gzip.compress(ONE), Limits(bytes=len(ONE) - 1))
    with pytest.raises(Refused, match="Mo"):
        decode(ONE, Limits(bytes=len(ONE) - 1))


def test_broken_compression_is_refused() -> None:
    whole = gzip.compress(ONE)

    with pytest.raises(Refused, match="avant sa fin"):
        decode(whole[:-20])
    with pytest.raises(Refused, match="abîmé"):
        decode(whole[:12] + b"\xff\xff\xff\xff" + whole[16:])
    with pytest.raises(zlib.error):
        zlib.decompress(whole[:12] + b"\xff\xff\xff\xff" + whole[16:], 31)
