"""What plugins did wrong and what they cost, in the database: written in sums, read by people.

Every process adds its figures now and then (`write`), so that the administrators' page speaks of
all of them. What is kept is bounded: ERRORS ways of failing for each plugin, DAYS of costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

import asyncpg

from palabre.database.connection import fetch
from palabre.plugins.costs import Cost, quantile
from palabre.plugins.troubles import Trouble

ERRORS = 20  # ways of failing that are kept for one plugin
ERROR_DAYS = 30
DAYS = 7  # of costs


@dataclass(slots=True)
class Seen:
    """A way of failing, and how often it was seen since it was last written down."""

    trouble: Trouble
    first: datetime
    last: datetime
    count: int = 1


@dataclass(frozen=True, slots=True)
class SeenError:
    """A way of failing as administrators see it; `message` and `trace` hold nobody's data."""

    place: str
    kind: str
    message: str
    trace: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PlaceCost:
    """What a hook or page cost in the last DAYS days, all processes together; times in seconds."""

    place: str
    calls: int
    failures: int
    mean: float
    p95: float
    slowest: float
    queries: float
    most_queries: int
    query_seconds: float


async def errors(plugin: str) -> list[SeenError]:
    """Return how the plugin failed, the latest first."""
    rows = await fetch(
        "SELECT place, kind, message, trace, count, first_at, last_at FROM core_plugin_error"
        " WHERE plugin = $1 ORDER BY last_at DESC, fingerprint LIMIT $2",
        plugin,
        ERRORS,
    )
    return [SeenError(**dict(row)) for row in rows]


async def costs(plugin: str) -> list[PlaceCost]:
    """Return what each hook and page of the plugin cost, the dearest first."""
    rows = await fetch(
        "SELECT place, calls, failures, seconds, slowest, queries, most_queries, query_seconds,"
        " buckets FROM core_plugin_cost WHERE plugin = $1 AND day > current_date - $2::int",
        plugin,
        DAYS,
    )
    added: dict[str, Cost] = {}
    for row in rows:
        _add(added.setdefault(row["place"], Cost()), row)
    found = list(starmap(_place_cost, added.items()))
    return sorted(found, key=lambda cost: (-cost.mean * cost.calls, cost.place))


def _add(cost: Cost, row: Mapping[str, object]) -> None:
    values: dict[str, object] = dict(row)
    for name in ("calls", "failures", "seconds", "queries", "query_seconds"):
        setattr(cost, name, getattr(cost, name) + values[name])
    for name in ("slowest", "most_queries"):
        setattr(cost, name, max(getattr(cost, name), values[name]))
    pairs = zip(cost.buckets, row["buckets"], strict=True)  # type: ignore[call-overload]  # an array
    cost.buckets = [one + other for one, other in pairs]


def _place_cost(place: str, cost: Cost) -> PlaceCost:
    calls = max(cost.calls, 1)
    return PlaceCost(
        place=place,
        calls=cost.calls,
        failures=cost.failures,
        mean=cost.seconds / calls,
        p95=min(quantile(cost.buckets, 0.95), cost.slowest),
        slowest=cost.slowest,
        queries=cost.queries / calls,
        most_queries=cost.most_queries,
        query_seconds=cost.query_seconds,
    )


async def write_costs(
    connection: asyncpg.Connection, plugin: str, costs: Mapping[str, Cost]
) -> None:
    """Add to today's figures what the plugin's hooks and pages cost since the last time."""
    await connection.executemany(
        "INSERT INTO core_plugin_cost AS c (plugin, place, day, calls, failures, seconds, slowest,"
        " queries, most_queries, query_seconds, buckets)"
        " VALUES ($1, $2, current_date, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (plugin, place, day) DO UPDATE SET calls = c.calls + excluded.calls,"
        " failures = c.failures + excluded.failures, seconds = c.seconds + excluded.seconds,"
        " slowest = greatest(c.slowest, excluded.slowest), queries = c.queries + excluded.queries,"
        " most_queries = greatest(c.most_queries, excluded.most_queries),"
        " query_seconds = c.query_seconds + excluded.query_seconds,"
        " buckets = (SELECT array_agg(one + other ORDER BY number) FROM"
        " unnest(c.buckets, excluded.buckets) WITH ORDINALITY AS b (one, other, number))",
        [
            (
                plugin,
                place,
                cost.calls,
                cost.failures,
                cost.seconds,
                cost.slowest,
                cost.queries,
                cost.most_queries,
                cost.query_seconds,
                cost.buckets,
            )
            for place, cost in sorted(costs.items())
        ],
    )


async def write_errors(connection: asyncpg.Connection, plugin: str, seen: Sequence[Seen]) -> None:
    """Add what went wrong since the last time, and forget the oldest beyond the bound."""
    await connection.executemany(
        "INSERT INTO core_plugin_error AS e"
        " (plugin, fingerprint, place, kind, message, trace, count, first_at, last_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (plugin, fingerprint) DO UPDATE SET count = e.count + excluded.count,"
        " message = excluded.message, trace = excluded.trace,"
        " last_at = greatest(e.last_at, excluded.last_at)",
        [
            (
                plugin,
                error.trouble.fingerprint,
                error.trouble.place,
                error.trouble.kind,
                error.trouble.message,
                error.trouble.trace,
                error.count,
                error.first,
                error.last,
            )
            for error in sorted(seen, key=lambda error: error.trouble.fingerprint)
        ],
    )
    await connection.execute(
        "DELETE FROM core_plugin_error WHERE plugin = $1 AND fingerprint NOT IN (SELECT fingerprint"
        " FROM core_plugin_error WHERE plugin = $1 ORDER BY last_at DESC, fingerprint LIMIT $2)",
        plugin,
        ERRORS,
    )


async def drop_old(connection: asyncpg.Connection) -> None:
    """Forget what is too old to help anybody."""
    await connection.execute(
        "DELETE FROM core_plugin_error WHERE last_at < now() - make_interval(days => $1)",
        ERROR_DAYS,
    )
    await connection.execute(
        "DELETE FROM core_plugin_cost WHERE day <= current_date - $1::int", DAYS
    )
