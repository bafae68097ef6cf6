"""Sessions: kept in the database, known to the browser by an opaque token.

A session ends after IDLE without a request, after ABSOLUTE in any case, at logout, and when the
account is closed; all of an account's sessions end when its password changes. The token has 256 random bits; only its SHA-256 is stored.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from tortoise.queryset import QuerySet

from palabre.audit import domain as audit
from palabre.database.connection import fetch, transaction
from palabre.people.factors.required import awake
from palabre.people.models import Role, Session, SiteRole, User
from palabre.people.permissions import ANONYMOUS, Actor

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=5)  # how precisely `seen_at` is kept; spares a write per request
# The roles held, and without a role the organisations below those of an owner or editor. UNION
# drops what was found before, so that even a circle would end.
_ROLES = """
WITH RECURSIVE held AS (
    SELECT organisation_id, role FROM core_membership WHERE user_id = $1
), below AS (
    SELECT o.id FROM core_organisation o JOIN held ON held.organisation_id = o.parent_id
    WHERE held.role IN ('owner', 'editor')
    UNION
    SELECT o.id FROM core_organisation o JOIN below ON below.id = o.parent_id
)
SELECT organisation_id AS id, role FROM held
UNION ALL
SELECT id, NULL FROM below
"""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that somebody is signed in with, as their own page shows it."""

    handle: UUID
    words: str
    opened_at: datetime
    seen_at: datetime
    here: bool


async def open_session(user: User, device: str = "", factors: Iterable[str] = ()) -> str:
    """Sign `user` in; returns the token to put into the cookie, shown this once.

    `device` says which browser it is, in words (`palabre.people.devices`); `factors` were passed
    (`palabre.people.factors.values`).
    """
    passed = sorted(factors)
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    await Session.create(
        token_hash=_hash(token),
        user_id=user.id,
        csrf_token=secrets.token_urlsafe(24),
        device=device,
        factors=passed,
        proved_at=now,
        created_at=now,
        seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    await User.filter(id=user.id).update(last_login_at=now)
    await Session.filter(expires_at__lt=now).delete()
    await audit.record(
        Actor(user_id=user.id),
        "session.opened",
        kind="account",
        object_id=user.id,
        factors=",".join(passed),
    )
    return token


async def close_session(token: str) -> None:
    """Sign out the browser that holds `token`; an unknown token is nothing to close."""
    await Session.filter(token_hash=_hash(token)).delete()


async def devices_of(user_id: UUID, token: str) -> list[Device]:
    """Return where the user is signed in, last used first; `token` is this browser's."""
    now = datetime.now(UTC)
    found = Session.filter(user_id=user_id, expires_at__gt=now, seen_at__gt=now - IDLE)
    here = _hash(token)
    return [
        Device(
            session.handle,
            session.device,
            session.created_at,
            session.seen_at,
            bytes(session.token_hash) == here,
        )
        for session in await found.order_by("-seen_at", "-created_at")
    ]


async def end_device(user_id: UUID, handle: UUID) -> None:
    """End one of the user's own sessions; somebody else's, or none, is nothing to end."""
    await _end(user_id, Session.filter(user_id=user_id, handle=handle))


async def end_other_devices(user_id: UUID, token: str) -> None:
    """End all of the user's sessions but the one that `token` opens."""
    await _end(user_id, Session.filter(user_id=user_id).exclude(token_hash=_hash(token)))


async def end_all_devices(user_id: UUID) -> None:
    """End all of the user's sessions: the password has changed."""
    await _end(user_id, Session.filter(user_id=user_id))


async def actor_from_token(token: str) -> Actor:
    """Return who holds `token`, or ANONYMOUS when it is unknown, idle for too long or too old."""
    now = datetime.now(UTC)
    session = (
        await Session.filter(
            token_hash=_hash(token),
            expires_at__gt=now,
            seen_at__gt=now - IDLE,
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )
    if session is None:
        return ANONYMOUS
    if now - session.seen_at > SEEN_EVERY:
        await Session.filter(token_hash=session.token_hash).update(seen_at=now)
    actor = replace(
        await actor_of_user(session.user),
        csrf_token=session.csrf_token,
        factors=frozenset(session.factors),
        proved_at=session.proved_at,
    )
    return await awake(actor)


async def actor_of_user(user: User) -> Actor:
    """Return `user` as an actor, with the roles held now."""
    rows = await fetch(_ROLES, user.id)
    return Actor(
        user_id=user.id,
        name=user.display_name,
        roles={row["id"]: Role(row["role"]) for row in rows if row["role"] is not None},
        site_roles=frozenset(SiteRole(role) for role in user.site_roles),
        below=frozenset(row["id"] for row in rows if row["role"] is None),
    )


async def _end(user_id: UUID, sessions: QuerySet[Session]) -> None:
    async with transaction():
        count = await sessions.delete()
        if count:
            await audit.record(
                Actor(user_id=user_id),
                "session.ended",
                kind="account",
                object_id=user_id,
                count=count,
            )


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
