"""Bodies put together from pieces are what a plain compressor would have been given."""

import gzip
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from palabre.feeds.body import Body, Builder, Item, Member, Stock, piece
from palabre.feeds.crc import combined_all

NOON = datetime(2026, 11, 14, 12, tzinfo=UTC)


def _item(number: int, text: bytes = b"") -> Item:
    data = text or b"event %d\r\n" % number
    event_id = UUID(int=number).bytes
    return Member(event_id, len(data), ("Europe/Paris",), (2026, 2026 + number % 3), NOON), data


def _stock(separator: bytes, items: Iterable[Item]) -> Stock:
    builder = Builder(separator)
    builder.add(items)
    return builder.finish()


def _body(stock: Stock) -> Body:
    return Body(piece(b"head\r\n"), stock, piece(b"tail\r\n"))


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_crcs_combined_are_the_crc_of_the_whole(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)

    assert combined_all([(zlib.crc32(p), len(p)) for p in pieces]) == (
        zlib.crc32(whole),
        len(whole),
    )


@given(
    st.lists(
        st.dictionaries(st.integers(0, 400), st.none() | st.binary(min_size=1, max_size=40)),
        max_size=6,
    ),
    st.sampled_from([b"", b",\n"]),
)
def test_any_edits_give_the_bytes_of_a_fresh_build(
    edits: list[dict[int, bytes | None]], separator: bytes
) -> None:
    stock = _stock(separator, (_item(number) for number in range(0, 400, 3)))
    expected = {number: _item(number) for number in range(0, 400, 3)}

    for edit in edits:
        changes = {n: _item(n, data) if data else None for n, data in edit.items()}
        stock = stock.changed({UUID(int=n).bytes: item for n, item in changes.items()})
        for number, item in changes.items():
            if item is None:
                expected.pop(number, None)
            else:
                expected[number] = item

    fresh = _stock(separator, (expected[number] for number in sorted(expected)))
    plain = separator.join(expected[number][1] for number in sorted(expected))
    assert stock == fresh
    assert gzip.decompress(_body(stock).gzip) == b"head\r\n" + plain + b"tail\r\n"
    assert b"".join(_body(stock).plain()) == b"head\r\n" + plain + b"tail\r\n"
    assert len(stock) == len(expected)


def test_the_gzip_body_is_one_member_of_known_length() -> None:
    stock = _stock(b"", (_item(number) for number in range(5000)))
    body = _body(stock)

    inflater = zlib.decompressobj(wbits=31)
    plain = inflater.decompress(body.gzip)

    assert inflater.eof
    assert inflater.unused_data == b""
    assert body.size == len(plain)


def test_an_edit_compresses_one_chunk_only() -> None:
    stock = _stock(b"", (_item(number) for number in range(5000)))

    edited = stock.changed({UUID(int=2500).bytes: _item(2500, b"edited\r\n")})

    kept = {chunk.piece.digest for chunk in stock.chunks}
    assert len([chunk for chunk in edited.chunks if chunk.piece.digest not in kept]) == 1
    assert _body(edited).digest != _body(stock).digest


def test_the_name_follows_the_content_and_nothing_else() -> None:
    grown = Stock()
    for number in sorted(range(300), key=lambda number: number * 7919 % 300):
        grown = grown.changed({UUID(int=number).bytes: _item(number)})

    assert _body(grown).digest == _body(_stock(b"", map(_item, range(300)))).digest


def test_zones_and_years_are_those_of_the_events_still_in() -> None:
    stock = _stock(b"", (_item(number) for number in range(200)))

    none = stock.changed({UUID(int=number).bytes: None for number in range(200)})

    assert stock.zones == {"Europe/Paris": (2026, 2028)}
    assert (none.zones, none.chunks, none.last_modified) == ({}, (), None)
    assert stock.holds(UUID(int=7).bytes)
    assert not none.holds(UUID(int=7).bytes)
    assert not stock.holds(UUID(int=999).bytes)
