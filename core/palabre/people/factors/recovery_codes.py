"""Recovery codes: a way through the second step without the phone or key that is lost.

Ten of 80 bits, shown once and kept as hashes: what is random that far is not guessed back, and
doesn't depend on the installation's key. Each serves once, even in a race.
"""

import secrets
from hashlib import sha256
from uuid import UUID

from palabre.database.connection import Connection, fetchval, transaction
from palabre.errors import Refused
from palabre.i18n import gettext as _

NUMBER = 10
GROUPS, LENGTH = 4, 4
FEW = 3  # so many left: time to make new ones
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
_MISREAD = str.maketrans("ILO", "110")


async def renew(connection: Connection, user_id: UUID) -> list[str]:
    """Return an account's new codes, to be shown this once; the old ones end."""
    codes = [_new() for _number in range(NUMBER)]
    await forget(connection, user_id)
    await connection.executemany(
        "INSERT INTO core_recovery_code (code_hash, user_id) VALUES ($1, $2)",
        [(_hash(user_id, code), user_id) for code in codes],
    )
    return codes


async def forget(connection: Connection, user_id: UUID) -> None:
    """End all codes of an account."""
    await connection.execute("DELETE FROM core_recovery_code WHERE user_id = $1", user_id)


async def use(user_id: UUID, code: str) -> None:
    """Use a code up; raises Refused when it is none of the account's, or already served."""
    async with transaction() as connection:
        done = await connection.execute(
            "DELETE FROM core_recovery_code WHERE code_hash = $1 AND user_id = $2",
            _hash(user_id, code),
            user_id,
        )
    if done.endswith(" 0"):
        raise Refused(_("Ce code de secours n’est pas le bon, ou a déjà servi."), "recovery")


async def left(user_id: UUID) -> int:
    """Return how many codes an account has left."""
    return int(
        await fetchval("SELECT count(*) FROM core_recovery_code WHERE user_id = $1", user_id)
    )


def _new() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _sign in range(LENGTH)) for _g in range(GROUPS))
    return "-".join(groups)


def _hash(user_id: UUID, code: str) -> bytes:
    plain = "".join(sign for sign in code.upper().translate(_MISREAD) if sign.isalnum())
    return sha256(user_id.bytes + plain.encode()).digest()
