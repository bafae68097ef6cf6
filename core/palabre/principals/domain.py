"""Sessions of plugins' own people: opaque, short, revocable; in a table of their own.

Nothing here makes an `Actor`: for the core, whoever holds such a session is nobody.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from palabre.database.connection import execute, fetchrow

LASTS = timedelta(hours=4)  # unless the plugin says otherwise: half a day at school
LONGEST = timedelta(hours=24)
IDLE = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)
MAX_KEY = 100  # characters


@dataclass(frozen=True, slots=True)
class PrincipalSession:
    """Whom of its people a plugin has let in with this browser."""

    key: str
    csrf_token: str


async def begin(plugin: str, key: str, lasts: timedelta = LASTS) -> str:
    """Open a session; returns the token for the cookie, shown this once.

    Raises ValueError for a key that is empty or too long, or a session longer than LONGEST.
    """
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise ValueError(f"a principal's key has 1 to {MAX_KEY} printable characters")
    if not timedelta(0) < lasts <= LONGEST:
        raise ValueError(f"a principal's session lasts {LONGEST} at most")
    token = secrets.token_urlsafe(32)
    await execute(
        "INSERT INTO core_principal_session (token_hash, plugin, key, csrf_token, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        _hash(token),
        plugin,
        key,
        secrets.token_urlsafe(24),
        datetime.now(UTC) + lasts,
    )
    return token


async def session_of(plugin: str, token: str) -> PrincipalSession | None:
    """Return the session that `token` opens at this plugin; None for none, or no longer."""
    now = datetime.now(UTC)
    row = await fetchrow(
        "SELECT key, csrf_token, seen_at FROM core_principal_session"
        " WHERE token_hash = $1 AND plugin = $2 AND expires_at > $3 AND seen_at > $4",
        _hash(token),
        plugin,
        now,
        now - IDLE,
    )
    if row is None:
        return None
    if now - row["seen_at"] > SEEN_EVERY:
        await execute(
            "UPDATE core_principal_session SET seen_at = $2 WHERE token_hash = $1",
            _hash(token),
            now,
        )
    return PrincipalSession(row["key"], row["csrf_token"])


async def end(token: str) -> None:
    """End the session that `token` opens, if any."""
    await execute("DELETE FROM core_principal_session WHERE token_hash = $1", _hash(token))


async def end_principals(plugin: str, key: str) -> None:
    """End all sessions of one of a plugin's own people: their code has changed, or they have left."""
    await execute("DELETE FROM core_principal_session WHERE plugin = $1 AND key = $2", plugin, key)


async def forget_old(now: datetime) -> int:
    """Remove sessions that open nothing any more; returns how many."""
    done = await execute(
        "DELETE FROM core_principal_session WHERE expires_at <= $1 OR seen_at <= $2",
        now,
        now - IDLE,
    )
    return int(done.rpartition(" ")[2])


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
