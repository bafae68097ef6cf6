"""Passkeys (WebAuthn level 3): registered by a signed-in person, then a way in and a second factor.

Each challenge is kept here, signed once and within minutes. The browser has the person verified (a
finger, a face, a PIN) every time, so that a passkey is two factors in one. A signature counter that
goes back means that the key may have been copied, and is refused.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from palabre.audit import domain as audit
from palabre.database.connection import Connection, execute, fetch, fetchrow
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.people.models import User
from palabre.people.permissions import ANONYMOUS, Actor
from palabre.settings import Settings

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

CHALLENGE_LASTS = timedelta(minutes=5)
MOST = 20  # passkeys of one account
MAX_ANSWER = 16 * 1024  # characters of what a browser sends
MAX_NAME = 60

log = structlog.get_logger()


class Purpose(StrEnum):
    """What a passkey is asked for."""

    REGISTER = "register"
    ENTER = "enter"
    STEP = "step"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Place:
    """The site as passkeys know it: they work at `origin` alone, and belong to the host `id`."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner's page shows it."""

    handle: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that a browser has just made, verified."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


class Copied(Refused):
    """The counter went back: `user_id`'s passkey may have been copied."""

    def __init__(self, user_id: UUID) -> None:
        super().__init__(
            _(
                "Cette clé d’accès a peut-être été copiée : elle n’est pas acceptée. Entrez"
                " autrement, puis retirez-la de votre compte."
            )
        )
        self.user_id = user_id


def place_of(settings: Settings) -> Place | None:
    """Return the site as passkeys know it; None where browsers allow none: no https, no name."""
    host = urlsplit(settings.origin).hostname or ""
    if not (settings.secure or host == "localhost") or _is_address(host):
        return None
    return Place(host, settings.origin, settings.site_name)


async def registration(place: Place, user: User) -> str:
    """Return, as JSON, what a browser needs to make a passkey for `user`."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=place.id,
        rp_name=place.name,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.display_name,
        challenge=await _challenge(Purpose.REGISTER, user.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=await _descriptors(user.id),
    )
    return options_to_json(options)


async def question(place: Place, purpose: Purpose, user_id: UUID | None = None) -> str:
    """Return, as JSON, what a browser needs to ask for a passkey: of one account, or of any."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=place.id,
        challenge=await _challenge(purpose, user_id),
        allow_credentials=await _descriptors(user_id) if user_id else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def made(place: Place, user_id: UUID, answer: str) -> Made:
    """Return the passkey that a browser made; raises Refused for an answer that doesn't hold."""
    from webauthn import verify_registration_response

    given = _read(answer)
    challenge = await _taken(given, Purpose.REGISTER, user_id)
    try:
        found = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=place.id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except Exception as error:
        raise await _refusal(user_id, error) from error
    said = given["response"].get("transports")
    transports = [str(way)[:20] for way in said[:8]] if isinstance(said, list) else []
    return Made(
        found.credential_id, found.credential_public_key, found.sign_count, tuple(transports)
    )


async def keep(connection: Connection, user_id: UUID, made: Made, name: str) -> None:
    """Keep a passkey under a name; raises Refused when it is known or there are too many."""
    done = await connection.execute(
        "INSERT INTO core_passkey (credential_id, user_id, public_key, sign_count, transports, name)"
        " SELECT $1, $2, $3, $4, $5, $6"
        " WHERE (SELECT count(*) FROM core_passkey WHERE user_id = $2) < $7"
        " ON CONFLICT DO NOTHING",
        made.credential_id,
        user_id,
        made.public_key,
        made.sign_count,
        list(made.transports),
        " ".join(name.split())[:MAX_NAME] or _("Clé d’accès"),
        MOST,
    )
    if done.endswith(" 0"):
        raise Refused(_("Cette clé d’accès est déjà connue, ou votre compte en a déjà trop."))


async def verified(
    place: Place, purpose: Purpose, answer: str, user_id: UUID | None = None
) -> UUID:
    """Return whose passkey signed; with `user_id`, nobody else's will do.

    Raises Refused for an answer that doesn't hold, Copied when the key may have been copied.
    """
    from webauthn import base64url_to_bytes, verify_authentication_response

    given = _read(answer)
    challenge = await _taken(given, purpose, user_id)
    try:
        credential = base64url_to_bytes(str(given.get("rawId")))
    except ValueError as error:
        raise _unusable() from error
    row = await fetchrow(
        "SELECT p.user_id, p.public_key FROM core_passkey p JOIN core_user u ON u.id = p.user_id"
        " WHERE p.credential_id = $1 AND u.is_active AND ($2::uuid IS NULL OR p.user_id = $2)",
        credential,
        user_id,
    )
    if row is None:
        await _note(ANONYMOUS, "unknown")
        raise Refused(_("Cette clé d’accès n’est pas, ou n’est plus, connue de ce site."))
    try:
        proof = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=place.id,
            expected_origin=place.origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=0,  # compared below, where a race can't pass it
            require_user_verification=True,
        )
    except Exception as error:
        raise await _refusal(row["user_id"], error) from error
    await _count(credential, row["user_id"], proof.new_sign_count)
    found: UUID = row["user_id"]
    return found


async def passkeys_of(user_id: UUID) -> list[Passkey]:
    """Return an account's passkeys, oldest first."""
    rows = await fetch(
        "SELECT handle, name, created_at, used_at FROM core_passkey WHERE user_id = $1"
        " ORDER BY created_at, handle",
        user_id,
    )
    return [Passkey(**dict(row)) for row in rows]


async def _count(credential: bytes, user_id: UUID, count: int) -> None:
    """Take over a signature's counter, which rises or, with keys that have none, stays at 0."""
    done = await execute(
        "UPDATE core_passkey SET sign_count = $2, used_at = now() WHERE credential_id = $1"
        " AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
        credential,
        count,
    )
    if done.endswith(" 0"):
        await audit.record(
            Actor(user_id=user_id), "passkey.copied", kind="account", object_id=user_id
        )
        raise Copied(user_id)


async def _challenge(purpose: Purpose, user_id: UUID | None) -> bytes:
    challenge = secrets.token_bytes(32)
    await execute(
        "INSERT INTO core_challenge (challenge, purpose, user_id, expires_at)"
        " VALUES ($1, $2, $3, now() + $4::interval)",
        challenge,
        purpose,
        user_id,
        CHALLENGE_LASTS,
    )
    return challenge


async def _taken(given: dict[str, Any], purpose: Purpose, user_id: UUID | None) -> bytes:
    """Use up the challenge that was signed; raises Refused when it isn't ours, or no longer."""
    from webauthn import base64url_to_bytes

    try:
        said = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable() from error
    done = await execute(
        "DELETE FROM core_challenge WHERE challenge = $1 AND purpose = $2"
        " AND user_id IS NOT DISTINCT FROM $3 AND expires_at > now()",
        challenge,
        purpose,
        user_id,
    )
    if done.endswith(" 0"):
        raise Refused(_("La demande à votre clé d’accès a expiré : recommencez."))
    return challenge


async def _descriptors(user_id: UUID) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    known = set(AuthenticatorTransport)
    rows = await fetch(
        "SELECT credential_id, transports FROM core_passkey WHERE user_id = $1", user_id
    )
    return [
        PublicKeyCredentialDescriptor(
            id=row["credential_id"],
            transports=[AuthenticatorTransport(way) for way in row["transports"] if way in known],
        )
        for row in rows
    ]


def _read(answer: str) -> dict[str, Any]:
    try:
        given = json.loads(answer) if len(answer) <= MAX_ANSWER else None
    except ValueError as error:
        raise _unusable() from error
    if not isinstance(given, dict):
        raise _unusable()
    return given


async def _refusal(user_id: UUID, error: Exception) -> Refused:
    """Note an answer that doesn't hold: hostile ones break the library's parsers in many ways."""
    log.warning("passkey refused", account=str(user_id), reason=str(error))
    await _note(Actor(user_id=user_id), user_id)
    return Refused(_("Votre clé d’accès n’a pas pu être vérifiée : recommencez."))


async def _note(actor: Actor, user: UUID | str) -> None:
    await audit.record(actor, "passkey.refused", kind="account", object_id=user)


def _unusable() -> Refused:
    return Refused(_("La réponse de votre clé d’accès n’a pas pu être lue : recommencez."))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
