"""Rate limits, shared by all processes through PostgreSQL.

A limit counts tries within a window that begins with the first one. Keys are hashes, so that the
table holds neither the addresses of machines nor the names of accounts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.requests import Request

from palabre.database.connection import execute, fetchrow
from palabre.errors import TooMany
from palabre.i18n import ngettext

KEPT = timedelta(days=1)

ONE_SUBSCRIBER = 64  # bits of an IPv6 address that a subscriber can't choose (RFC 6177)
_COUNT = """
INSERT INTO core_rate_limit AS l (key, since, count) VALUES ($1, now(), 1)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN l.since <= now() - $2::interval THEN 1 ELSE l.count + 1 END,
    since = CASE WHEN l.since <= now() - $2::interval THEN now() ELSE l.since END
RETURNING since, count
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `window` for the same subject; `name` tells limits apart."""

    name: str
    tries: int
    window: timedelta


async def take(limit: Limit, *subject: str) -> None:
    """Count a try of `subject`; raises TooMany, with the time to wait, beyond the limit."""
    row = await fetchrow(_COUNT, _key(limit, subject), limit.window)
    if row is None or row["count"] <= limit.tries:
        return
    wait = row["since"] + limit.window - datetime.now(UTC)
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    raise TooMany(
        ngettext(
            "Trop d’essais. Réessayez dans une minute.",
            "Trop d’essais. Réessayez dans {minutes} minutes.",
            minutes,
        ).format(minutes=minutes),
        retry_after=minutes * 60,
    )


async def forgive(limit: Limit, *subject: str) -> None:
    """Forget the tries of `subject`, who has shown to be in the right."""
    await execute("DELETE FROM core_rate_limit WHERE key = $1", _key(limit, subject))


async def forget_old(now: datetime) -> int:
    """Remove counts that no limit looks at any more; returns how many."""
    done = await execute("DELETE FROM core_rate_limit WHERE since < $1", now - KEPT)
    return int(done.rpartition(" ")[2])


def address_of(request: Request) -> str:
    """Return the address of the machine that asks.

    For IPv6 it is that of its network: whoever has one machine there has 2**64 addresses.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, ONE_SUBSCRIBER), strict=False))


def _key(limit: Limit, subject: tuple[str, ...]) -> bytes:
    return sha256("\0".join((limit.name, *subject)).encode()).digest()[:16]
