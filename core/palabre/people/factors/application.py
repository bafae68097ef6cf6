"""The authenticator application of an account: one, confirmed by a first code.

Its secret is sealed in the database. Each code serves once: the step of the last one taken only
rises, whoever asks at the same moment.
"""

import time
from uuid import UUID

import structlog

from palabre.database.connection import Connection, fetchrow, transaction
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.people.factors import totp
from palabre.vault import Unreadable, Vault

_BEGUN = "confirmed_at IS NULL AND created_at > now() - interval '1 hour'"

log = structlog.get_logger()


async def begin(vault: Vault, user_id: UUID) -> None:
    """Keep a fresh secret to be confirmed within an hour, in place of one that never was.

    Raises Refused when the account has an application already.
    """
    async with transaction() as connection:
        done = await connection.execute(
            "INSERT INTO core_totp (user_id, secret) VALUES ($1, $2)"
            " ON CONFLICT (user_id) DO UPDATE SET secret = $2, last_step = 0, created_at = now()"
            " WHERE core_totp.confirmed_at IS NULL",
            user_id,
            vault.seal(totp.new_secret(), _about(user_id)),
        )
    if done.endswith(" 0"):
        raise Refused(_("Votre compte a déjà une application : retirez-la d’abord."))


async def begun(vault: Vault, user_id: UUID) -> bytes | None:
    """Return the secret that waits to be confirmed, or None."""
    row = await fetchrow(
        f"SELECT secret FROM core_totp WHERE user_id = $1 AND {_BEGUN}",  # noqa: S608  own words
        user_id,
    )
    return vault.open(row["secret"], _about(user_id)) if row else None


async def confirm(connection: Connection, vault: Vault, user_id: UUID, code: str) -> None:
    """Take the application into use with its first code; raises Refused for a wrong one."""
    secret = await begun(vault, user_id)
    step = totp.step_of(secret, _digits(code), time.time()) if secret else None
    if step is None:
        raise Refused(
            _(
                "Ce code n’est pas le bon. Vérifiez que votre téléphone est à l’heure, puis tapez le"
                " code affiché maintenant."
            ),
            "code",
        )
    await connection.execute(
        "UPDATE core_totp SET confirmed_at = now(), last_step = $2"
        " WHERE user_id = $1 AND confirmed_at IS NULL",
        user_id,
        step,
    )


async def prove(vault: Vault, user_id: UUID, code: str) -> None:
    """Take a code, once; raises Refused for a wrong one and for one that already served."""
    row = await fetchrow(
        "SELECT secret FROM core_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL", user_id
    )
    try:
        secret = vault.open(row["secret"], _about(user_id)) if row else None
    except Unreadable as error:
        log.error("totp secret unreadable", account=str(user_id), reason=str(error))  # noqa: TRY400  the reason says all
        raise Refused(
            _(
                "Le site ne peut pas vérifier ce code en ce moment : prenez un code de secours, et"
                " prévenez l’équipe du site."
            ),
            "code",
        ) from error
    step = totp.step_of(secret, _digits(code), time.time()) if secret else None
    if step is None:
        raise Refused(_("Ce code n’est pas le bon, ou n’est plus valable."), "code")
    async with transaction() as connection:
        taken = await connection.execute(
            "UPDATE core_totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
            user_id,
            step,
        )
    if taken.endswith(" 0"):
        raise Refused(_("Ce code a déjà servi : attendez le suivant."), "code")


def _digits(code: str) -> str:
    return "".join(code.split())


def _about(user_id: UUID) -> str:
    return f"totp {user_id}"
