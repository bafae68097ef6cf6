"""Links sent by mail that open something once: made, looked at, used up.

A token has 256 random bits and only its SHA-256 is stored. Looking at a link leaves it as it is,
because mail scanners open what they find; only using it, which takes a form, ends it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from palabre.database.connection import Connection, execute, fetchrow
from palabre.errors import NotFound
from palabre.i18n import gettext as _


class Purpose(StrEnum):
    """What a link opens."""

    RESET = "reset"
    LINK = "link"
    REGISTRATION = "registration"
    ADDRESS = "address"


LASTS = {
    Purpose.RESET: timedelta(hours=1),
    Purpose.LINK: timedelta(minutes=15),
    Purpose.REGISTRATION: timedelta(days=1),
    Purpose.ADDRESS: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a link belongs to: an account, an address that has none yet, or both when it changes."""

    user_id: UUID | None
    email: str | None


async def make(connection: Connection, purpose: Purpose, holder: Holder) -> str:
    """Return the token of a new link, shown this once."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO core_way_in (token_hash, purpose, user_id, email, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        _hash(token),
        purpose,
        holder.user_id,
        holder.email,
        datetime.now(UTC) + LASTS[purpose],
    )
    return token


async def holder_of(purpose: Purpose, token: str) -> Holder:
    """Return whom the link belongs to and leave it; raises NotFound when it is no longer good."""
    return _held(
        await fetchrow(
            "SELECT user_id, email FROM core_way_in"
            " WHERE token_hash = $1 AND purpose = $2 AND expires_at > now()",
            _hash(token),
            purpose,
        )
    )


async def use(connection: Connection, purpose: Purpose, token: str) -> Holder:
    """Use the link up, even in a race only once; raises NotFound when it is no longer good."""
    return _held(
        await connection.fetchrow(
            "DELETE FROM core_way_in WHERE token_hash = $1 AND purpose = $2 AND expires_at > now()"
            " RETURNING user_id, email",
            _hash(token),
            purpose,
        )
    )


async def forget_all(connection: Connection, user_id: UUID) -> None:
    """End every link of an account: its password has changed."""
    await connection.execute("DELETE FROM core_way_in WHERE user_id = $1", user_id)


async def forget_old(now: datetime) -> int:
    """Remove links that nobody can use any more; returns how many."""
    done = await execute("DELETE FROM core_way_in WHERE expires_at <= $1", now)
    return int(done.rpartition(" ")[2])


def _held(row: Mapping[str, Any] | None) -> Holder:
    if row is None or (row["user_id"] is None and row["email"] is None):
        raise NotFound(_("Ce lien a déjà servi ou a expiré. Demandez-en un nouveau."))
    return Holder(row["user_id"], row["email"])


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
