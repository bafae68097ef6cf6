"""Whose account an identity opens: found again, added where that is safe, or made when invited.

An address opens somebody's account only when the provider has checked it: whoever may write any
address into their profile over there would otherwise come in as anybody here.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import execute, fetch, fetchrow, fetchval, transaction
from palabre.errors import NotFound, Refused
from palabre.events.texts import line
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.oidc.values import Identity, Journey
from palabre.people import domain as people
from palabre.people.models import User
from palabre.people.permissions import ANONYMOUS, Actor
from palabre.settings import Settings

JOURNEY_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Linked:
    """A provider by which somebody comes in, as their own page shows it."""

    provider: str
    since: datetime


async def begin(journey: Journey) -> str:
    """Keep a journey; returns the token that its browser holds, shown this once."""
    token = secrets.token_urlsafe(32)
    await execute(
        "INSERT INTO core_oidc_journey"
        " (token_hash, provider, following, user_id, invitation, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        _hash(token),
        journey.provider,
        journey.following,
        journey.user_id,
        journey.invitation,
        datetime.now(UTC) + JOURNEY_LASTS,
    )
    return token


async def arrive(token: str, provider: str) -> Journey:
    """End a journey, even in a race only once; raises NotFound when there is none."""
    row = await fetchrow(
        "DELETE FROM core_oidc_journey WHERE token_hash = $1 AND provider = $2"
        " AND expires_at > now() RETURNING provider, following, user_id, invitation",
        _hash(token),
        provider,
    )
    if row is None:
        raise NotFound(_("Cette connexion a déjà servi ou a expiré : recommencez."))
    return Journey(*row)


async def admit(settings: Settings, journey: Journey, identity: Identity, title: str) -> User:
    """Return whose account `identity` opens; raises Refused, in words, when there is none.

    `title` is what people call the provider.
    """
    async with transaction() as connection:
        # Two journeys of the same person wait for each other.
        await connection.one_at_a_time(f"identity {identity.issuer} {identity.subject}")
        known = await fetchval(
            "SELECT user_id FROM core_identity WHERE issuer = $1 AND subject = $2",
            identity.issuer,
            identity.subject,
        )
        user = await _asked_for(journey, identity, known)
        if user is None:
            user = await (
                User.get_or_none(id=known) if known else _by_address(settings, identity, title)
            )
        if user is None or not user.is_active:
            raise Refused(nobody(title))
        if known is None:
            await _link(settings, user, journey.provider, identity, title)
        await execute(
            "UPDATE core_identity SET id_token = $3 WHERE issuer = $1 AND subject = $2",
            identity.issuer,
            identity.subject,
            identity.id_token,
        )
    return user


async def refused(provider: str) -> None:
    """Note that an identity opened nothing."""
    await audit.record(
        ANONYMOUS, "login.failed", kind="account", object_id="unknown", provider=provider
    )


def nobody(title: str) -> str:
    """Return what is said to whom a provider knows and the site doesn't."""
    return _(
        "{title} vous a bien reconnu·e, mais aucun compte de ce site ne va avec cette identité."
        " Si vous avez déjà un compte, connectez-vous comme d’habitude, puis ajoutez {title} depuis"
        " « Mon compte ». Sinon, demandez une invitation à votre organisation ou à l’équipe du site."
    ).format(title=title)


async def linked_to(user_id: UUID) -> Sequence[Linked]:
    """Return the providers by which somebody comes in, oldest first."""
    rows = await fetch(
        "SELECT provider, created_at FROM core_identity WHERE user_id = $1 ORDER BY created_at",
        user_id,
    )
    return [Linked(*row) for row in rows]


async def unlink(settings: Settings, user: User, provider: str) -> None:
    """Take a provider off an account; raises Refused when nobody could come in any more."""
    async with transaction() as connection:
        await connection.execute("SELECT FROM core_user WHERE id = $1 FOR UPDATE", user.id)
        others = await fetchval(
            "SELECT count(*) FROM core_identity WHERE user_id = $1 AND provider <> $2",
            user.id,
            provider,
        )
        if not (others or user.password_hash or settings.smtp_url):
            raise Refused(
                _("C’est le seul chemin vers votre compte : choisissez d’abord un mot de passe.")
            )
        done = await execute(
            "DELETE FROM core_identity WHERE user_id = $1 AND provider = $2", user.id, provider
        )
        if done != "DELETE 0":
            await _record(user, "identity.removed", provider)


async def proof_of(user_id: UUID, provider: str) -> str:
    """Return, and forget, the last ID token of somebody; "" where there is none."""
    return str(
        await fetchval(
            "WITH last AS (SELECT issuer, subject, id_token FROM core_identity"
            " WHERE user_id = $1 AND provider = $2 FOR UPDATE)"
            " UPDATE core_identity i SET id_token = '' FROM last"
            " WHERE i.issuer = last.issuer AND i.subject = last.subject RETURNING last.id_token",
            user_id,
            provider,
        )
        or ""
    )


async def forget_old(now: datetime) -> int:
    """Remove journeys that led nowhere, and proofs that no session needs; returns how many."""
    journeys = await execute("DELETE FROM core_oidc_journey WHERE expires_at <= $1", now)
    proofs = await execute(
        "UPDATE core_identity i SET id_token = '' WHERE id_token <> ''"
        " AND NOT EXISTS (SELECT FROM core_session s WHERE s.user_id = i.user_id)"
    )
    return sum(int(done.rpartition(" ")[2]) for done in (journeys, proofs))


async def _asked_for(journey: Journey, identity: Identity, known: UUID | None) -> User | None:
    """Return whose account the journey was begun for, if it was begun for one."""
    if journey.user_id is not None:
        if known not in {None, journey.user_id}:
            raise Refused(_("Cette identité ouvre déjà un autre compte de ce site."))
        return await User.get(id=journey.user_id)
    if journey.invitation is None:
        return None
    found = await people.invitation_by_hash(journey.invitation)
    holder = await User.get_or_none(email=found.email)
    # Somebody's existing account takes more than the letter: their identity, or their address.
    theirs = holder is not None and (holder.id == known or _address(identity) == found.email)
    if (holder is not None and not theirs) or (holder is None and known is not None):
        raise Refused(
            _(
                "Cette invitation est pour une autre adresse que celle de votre compte : acceptez-la"
                " avec un mot de passe, ou demandez-en une pour la bonne adresse."
            )
        )
    return await people.accept(found, holder, _name(identity, found.email))


async def _by_address(settings: Settings, identity: Identity, title: str) -> User | None:
    """Return the account of a checked address, a new one where somebody invited it."""
    address = _address(identity)
    if not address:
        raise Refused(
            _(
                "{title} ne garantit pas que votre adresse électronique est à vous : elle n’ouvre donc"
                " aucun compte. Connectez-vous comme d’habitude, puis ajoutez {title} depuis"
                " « Mon compte »."
            ).format(title=title)
        )
    user = await User.get_or_none(email=address)
    if user is not None:
        other = await fetchval(
            "SELECT EXISTS (SELECT FROM core_identity WHERE user_id = $1 AND issuer = $2)",
            user.id,
            identity.issuer,
        )
        # Over there, somebody else has this address by now: theirs is not the account.
        return None if other else user
    for invitation in await people.invitations_for(address):
        user = await people.accept(invitation, user, _name(identity, address))
    if user is None and settings.open_registration:
        user = await people.create_user(address, _name(identity, address), None)
    return user


async def _link(
    settings: Settings, user: User, provider: str, identity: Identity, title: str
) -> None:
    await execute(
        "DELETE FROM core_identity WHERE user_id = $1 AND issuer = $2", user.id, identity.issuer
    )
    await execute(
        "INSERT INTO core_identity (issuer, subject, user_id, provider) VALUES ($1, $2, $3, $4)",
        identity.issuer,
        identity.subject,
        user.id,
        provider,
    )
    if user.last_login_at is None and user.password_hash is None:
        await _record(user, "identity.added", provider)
        return  # the account is new: nobody needs to be warned
    await mail.queue(
        user.email,
        "identity-linked",
        language=user.language,
        site=settings.site_name,
        provider=title,
        link=f"{settings.origin}/compte",
    )
    await _record(user, "identity.added", provider)


async def _record(user: User, action: str, provider: str) -> None:
    await audit.record(
        Actor(user_id=user.id), action, kind="account", object_id=user.id, provider=provider
    )


def _address(identity: Identity) -> str:
    """Return the address that the provider has checked, "" without one."""
    if not identity.email_verified:
        return ""
    try:
        return people.clean_email(identity.email)
    except Refused:
        return ""


def _name(identity: Identity, address: str) -> str:
    said = line(identity.name[: people.MAX_NAME], "display_name", people.MAX_NAME)
    return said or address.partition("@")[0]


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
