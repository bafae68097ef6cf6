"""The CRC-32 of two pieces joined, from those of the pieces (as zlib's crc32_combine).

Python's zlib does not offer it. A CRC is a polynomial over GF(2) modulo P: appending n bytes
multiplies it by x^8n, and the CRC of the second piece is then added, which is XOR.
"""

from functools import lru_cache

_POLYNOMIAL = 0xEDB88320  # P of RFC 1952 section 8, its bits reversed
_ONE = 1 << 31  # the polynomial 1 in that order of bits


def _multiplied(a: int, b: int) -> int:
    """Return a · b modulo P."""
    product = 0
    bit = _ONE
    while True:
        if a & bit:
            product ^= b
            if not a & (bit - 1):
                return product
        bit >>= 1
        if not bit:
            return product
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1


def _powers() -> tuple[int, ...]:
    """Return x^(8·2^k) modulo P for k = 0 … 39: enough for a terabyte."""
    power = 1 << 30  # x
    powers = []
    for exponent in range(43):
        if exponent >= 3:
            powers.append(power)
        power = _multiplied(power, power)
    return tuple(powers)


_POWERS = _powers()


@lru_cache(maxsize=1 << 15)
def combined(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two pieces joined; `length` is that of the second, in bytes.

    Remembered, because the pieces of a feed hardly change from one edit to the next.
    """
    for power in _POWERS:
        if length & 1:
            first = _multiplied(power, first)
        length >>= 1
        if not length:
            break
    return first ^ second


def combined_all(pieces: list[tuple[int, int]]) -> tuple[int, int]:
    """Return CRC and length of all `pieces` (CRC, length) joined, pair by pair as in a tree.

    In a tree a changed piece changes only the sums on its way to the root; `combined` remembers
    all others.
    """
    level = pieces or [(0, 0)]
    while len(level) > 1:
        joined = [
            (combined(left[0], right[0], right[1]), left[1] + right[1])
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = joined + level[len(level) & ~1 :]
    return level[0]
