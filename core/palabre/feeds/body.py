"""A feed's bytes, put together from pieces that an edit leaves alone.

    head · fragment fragment … ┊ fragment fragment … ┊ … · tail
           └─ chunk ─────────┘   └─ chunk ─────────┘

Each piece is compressed by itself and ended with a full flush, so that pieces joined are one
deflate stream, and one gzip member once the CRCs are combined (RFC 1951, RFC 1952). An edit
compresses one chunk again. Chunks are cut by the events' own ids and not by counting: the same
events give the same bytes in every process, whatever came and went before, which lets several of
them stand behind one address.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate, pairwise

from palabre.feeds.crc import combined_all

# One id in so many ends its chunk. The chunk that an edit meets then holds twice as many events
# on average: long ones are met more often.
_MEAN_CHUNK = 64
_LEVEL = 6
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, unknown system
_LAST_BLOCK = b"\x03\x00"  # an empty final block (RFC 1951 section 3.2.6)

Years = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes, deflated: their CRC-32, size and digest speak of what they were before."""

    deflated: bytes
    crc: int
    size: int
    digest: bytes

    def plain(self) -> bytes:
        """Return the bytes that were deflated."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.deflated)


def piece(plain: bytes) -> Piece:
    """Compress `plain` so that it can stand in any deflate stream."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    deflated = deflater.compress(plain) + deflater.flush(zlib.Z_FULL_FLUSH)
    return Piece(deflated, zlib.crc32(plain), len(plain), blake2b(plain, digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class Member:
    """An event in a feed: its id (16 bytes) and what the feed's head must know of it."""

    id: bytes
    size: int
    zones: tuple[str, ...]
    years: Years
    last_modified: datetime


Item = tuple[Member, bytes]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring events as one piece, with what the head asks of them summed up."""

    members: tuple[Member, ...]
    piece: Piece
    zones: Mapping[str, Years]
    last_modified: datetime

    def items(self, separator: bytes) -> Iterator[Item]:
        """Take the chunk apart again."""
        plain = self.piece.plain()
        sizes = (member.size + len(separator) for member in self.members)
        spans = pairwise(accumulate(sizes, initial=0))
        for member, (start, _end) in zip(self.members, spans, strict=True):
            yield member, plain[start : start + member.size]


@dataclass(frozen=True, slots=True)
class Stock:
    """The events of a feed, in order of their ids, as chunks; `separator` stands between events."""

    separator: bytes = b""
    chunks: tuple[Chunk, ...] = ()

    def __len__(self) -> int:
        return sum(len(chunk.members) for chunk in self.chunks)

    @property
    def last_modified(self) -> datetime | None:
        """The newest change among the events."""
        return max((chunk.last_modified for chunk in self.chunks), default=None)

    @property
    def zones(self) -> dict[str, Years]:
        """The time zones in use, each with its first and last year."""
        return _united(item for chunk in self.chunks for item in chunk.zones.items())

    def holds(self, event_id: bytes) -> bool:
        """Whether the event is in the feed."""
        place = self._place(event_id)
        if place == len(self.chunks):
            return False
        return any(member.id == event_id for member in self.chunks[place].members)

    def changed(self, changes: Mapping[bytes, Item | None]) -> "Stock":
        """Return the stock with these events put in or replaced, and those that are None removed."""
        chunks = list(self.chunks)
        for first, last, ids in reversed(list(self._affected(changes))):
            items = {
                item[0].id: item
                for chunk in chunks[first:last]
                for item in chunk.items(self.separator)
            }
            for event_id in ids:
                change = changes[event_id]
                if change is None:
                    items.pop(event_id, None)
                else:
                    items[event_id] = change
            builder = Builder(self.separator)
            builder.add(items[key] for key in sorted(items))
            chunks[first:last] = builder.finish().chunks
        return Stock(self.separator, tuple(chunks))

    def _affected(
        self, changes: Mapping[bytes, Item | None]
    ) -> Iterator[tuple[int, int, list[bytes]]]:
        """Yield runs of chunks to be made anew, each with the ids that change in it."""
        run: tuple[int, int, list[bytes]] | None = None
        for event_id in sorted(changes):
            first = min(self._place(event_id), max(len(self.chunks) - 1, 0))
            last = min(first + 1, len(self.chunks))
            if changes[event_id] is None and _ends_chunk(event_id):
                last = min(last + 1, len(self.chunks))  # nothing parts it from the next any more
            if run is not None and first < run[1]:
                run = (run[0], max(last, run[1]), [*run[2], event_id])
            else:
                if run is not None:
                    yield run
                run = (first, last, [event_id])
        if run is not None:
            yield run

    def _place(self, event_id: bytes) -> int:
        return bisect_left(self.chunks, event_id, key=lambda chunk: chunk.members[-1].id)


class Builder:
    """Makes a stock of events that come in order of their ids, some at a time."""

    def __init__(self, separator: bytes = b"") -> None:
        self.separator = separator
        self._chunks: list[Chunk] = []
        self._open: list[Item] = []

    def add(self, items: Iterable[Item]) -> None:
        """Take the next events; a chunk is compressed as soon as it is full."""
        for item in items:
            self._open.append(item)
            if _ends_chunk(item[0].id):
                self._close()

    def finish(self) -> Stock:
        """Return the stock."""
        if self._open:
            self._close()
        return Stock(self.separator, tuple(self._chunks))

    def _close(self) -> None:
        self._chunks.append(_chunk(self._open, self.separator))
        self._open = []


@dataclass(frozen=True)
class Body:
    """A finished feed in every encoding it is served in, named by its content."""

    head: Piece
    stock: Stock
    tail: Piece

    @cached_property
    def _pieces(self) -> Sequence[Piece]:
        chunks = [chunk.piece for chunk in self.stock.chunks]
        if self.stock.separator and len(chunks) > 1:
            between = piece(self.stock.separator)
            chunks = [part for chunk in chunks for part in (between, chunk)][1:]
        return (self.head, *chunks, self.tail)

    @cached_property
    def digest(self) -> str:
        """The name of the content: the same for the same bytes, in every process."""
        digests = b"".join(part.digest for part in self._pieces)
        return blake2b(digests, digest_size=16).hexdigest()

    @property
    def size(self) -> int:
        """How many bytes the feed has, uncompressed."""
        return sum(part.size for part in self._pieces)

    @cached_property
    def gzip(self) -> bytes:
        """The whole feed as one gzip member."""
        crc, size = combined_all([(part.crc, part.size) for part in self._pieces])
        end = crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
        deflated = (part.deflated for part in self._pieces)
        return b"".join((_GZIP_HEAD, *deflated, _LAST_BLOCK, end))

    def plain(self) -> Iterator[bytes]:
        """Yield the feed uncompressed, piece by piece."""
        for part in self._pieces:
            yield part.plain()


def _ends_chunk(event_id: bytes) -> bool:
    return zlib.crc32(event_id) % _MEAN_CHUNK == 0


def _chunk(group: Sequence[Item], separator: bytes) -> Chunk:
    members = tuple(member for member, _data in group)
    return Chunk(
        members=members,
        piece=piece(separator.join(data for _member, data in group)),
        zones=_united((zone, member.years) for member in members for zone in member.zones),
        last_modified=max(member.last_modified for member in members),
    )


def _united(uses: Iterable[tuple[str, Years]]) -> dict[str, Years]:
    """Widen the years of each zone to cover all its uses."""
    spans: dict[str, Years] = {}
    for zone, (first, last) in uses:
        known = spans.get(zone, (first, last))
        spans[zone] = (min(first, known[0]), max(last, known[1]))
    return spans
