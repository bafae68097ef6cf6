"""What calls cost: counted in a few integers, so that it can be counted for every call.

Durations go into buckets a quarter of an octave wide, from a microsecond to two minutes. They add
up over processes and days, and a p95 read from them is at most a fifth too high.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

BUCKETS = 104  # the last one holds all that took longer than 67 seconds
_EXACT = 3  # bits: up to 7 µs a bucket holds one microsecond


@dataclass(slots=True)
class Cost:
    """What a hook or page has cost since the process started; seconds of wall time."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    queries: int = 0
    most_queries: int = 0
    query_seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def count(self, seconds: float, queries: int, query_seconds: float) -> None:
        """Add one call."""
        self.calls += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)
        self.queries += queries
        self.most_queries = max(self.most_queries, queries)
        self.query_seconds += query_seconds
        self.buckets[bucket(seconds)] += 1

    def copy(self) -> "Cost":
        """Return what it is now."""
        return self.since(Cost())

    def since(self, before: "Cost") -> "Cost":
        """Return what was added to `before`; the extremes are those of all time."""
        return Cost(
            calls=self.calls - before.calls,
            failures=self.failures - before.failures,
            seconds=self.seconds - before.seconds,
            slowest=self.slowest,
            queries=self.queries - before.queries,
            most_queries=self.most_queries,
            query_seconds=self.query_seconds - before.query_seconds,
            buckets=[now - then for now, then in zip(self.buckets, before.buckets, strict=True)],
        )


def bucket(seconds: float) -> int:
    """Return the number of the bucket for a duration."""
    micros = max(0, int(seconds * 1e6))
    bits = micros.bit_length()
    if bits <= _EXACT:
        return micros
    return min(4 * (bits - _EXACT) + (micros >> (bits - _EXACT)), BUCKETS - 1)


def upper(number: int) -> float:
    """Return the seconds below which all durations in bucket `number` lie."""
    if number < 2**_EXACT:
        return (number + 1) / 1e6
    octave, quarter = divmod(number - 2**_EXACT, 4)
    return float((quarter + 5) << (octave + 1)) / 1e6


def quantile(buckets: Sequence[int], share: float) -> float:
    """Return the seconds that `share` of all calls stayed below; 0 when there was none."""
    left = sum(buckets) * share
    for number, count in enumerate(buckets):
        left -= count
        if count and left <= 0:
            return upper(number)
    return 0.0
