"""The second step of somebody who has passed the first: short-lived, and good for nothing else.

The browser holds its token in the session cookie, where the site finds no session with it: whoever
has only a password is nobody yet.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from palabre.database.connection import Connection, execute, fetchrow

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Step:
    """Who is at the second step, what they have passed, and where they go afterwards."""

    user_id: UUID
    factors: frozenset[str]
    following: str


async def begin(user_id: UUID, factors: Iterable[str], following: str) -> str:
    """Return the token of a new second step, to be put into the cookie."""
    token = secrets.token_urlsafe(32)
    await execute(
        "INSERT INTO core_second_step (token_hash, user_id, factors, following, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        _hash(token),
        user_id,
        sorted(factors),
        following,
        datetime.now(UTC) + LASTS,
    )
    return token


async def step_of(token: str) -> Step | None:
    """Return the second step that `token` is at; None when there is none, or no longer."""
    row = await fetchrow(
        "SELECT s.user_id, s.factors, s.following FROM core_second_step s"
        " JOIN core_user u ON u.id = s.user_id"
        " WHERE s.token_hash = $1 AND s.expires_at > now() AND u.is_active",
        _hash(token),
    )
    return Step(row["user_id"], frozenset(row["factors"]), row["following"]) if row else None


async def end(token: str) -> bool:
    """End the second step; whether it was still there, which in a race only one is told."""
    done = await execute(
        "DELETE FROM core_second_step WHERE token_hash = $1 AND expires_at > now()", _hash(token)
    )
    return done.endswith(" 1")


async def end_all(connection: Connection, user_id: UUID) -> None:
    """End all second steps of an account: its password or its factors have changed."""
    await connection.execute("DELETE FROM core_second_step WHERE user_id = $1", user_id)


async def forget_old(now: datetime) -> int:
    """Remove second steps and challenges that nobody can use any more; returns how many."""
    gone = 0
    for table in ("core_second_step", "core_challenge"):
        done = await execute(f"DELETE FROM {table} WHERE expires_at <= $1", now)  # noqa: S608  own names
        gone += int(done.rpartition(" ")[2])
    return gone


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
