"""Sessions: kept in the database, known to the browser by an opaque token.

A session ends after IDLE without a request, after ABSOLUTE in any case, at logout, and when the
account is closed. The token has 256 random bits; only its SHA-256 is stored.
"""

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from palabre.audit import domain as audit
from palabre.people.models import Membership, Role, Session, SiteRole, User
from palabre.people.permissions import ANONYMOUS, Actor

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)
SEEN_EVERY = timedelta(minutes=5)  # how precisely `seen_at` is kept; spares a write per request


async def open_session(user: User) -> str:
    """Sign `user` in; returns the token to put into the cookie, shown this once."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    await Session.create(
        token_hash=_hash(token),
        user_id=user.id,
        csrf_token=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    await User.filter(id=user.id).update(last_login_at=now)
    await Session.filter(expires_at__lt=now).delete()
    await audit.record(Actor(user_id=user.id), "session.opened", kind="account", object_id=user.id)
    return token


async def close_session(token: str) -> None:
    """Sign out the browser that holds `token`; an unknown token is nothing to close."""
    await Session.filter(token_hash=_hash(token)).delete()


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
    return await actor_of_user(session.user, csrf_token=session.csrf_token)


async def actor_of_user(user: User, csrf_token: str = "") -> Actor:
    """Return `user` as an actor, with the roles held now."""
    rows = await Membership.filter(user_id=user.id).values_list("organisation_id", "role")
    return Actor(
        user_id=user.id,
        name=user.display_name,
        roles={organisation_id: Role(role) for organisation_id, role in rows},
        site_roles=frozenset(SiteRole(role) for role in user.site_roles),
        csrf_token=csrf_token,
    )


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
