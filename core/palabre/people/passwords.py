"""Passwords: hashed with argon2id in a small thread pool.

A rush of logins can't take every core from the readers.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from palabre.errors import Refused
from palabre.i18n import gettext as _

MIN_LENGTH = 12
MAX_LENGTH = 200

_hasher = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)  # RFC 9106 section 4
_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """Return an argon2id hash; raises Refused when the password is too short or too long."""
    if len(password) < MIN_LENGTH:
        raise Refused(
            _("Choisissez un mot de passe d’au moins {number} caractères.").format(
                number=MIN_LENGTH
            ),
            field="password",
        )
    if len(password) > MAX_LENGTH:
        raise Refused(_("Ce mot de passe est trop long."), field="password")
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, password)


async def verify_password(hashed: str | None, password: str) -> bool:
    """Whether `password` is the one hashed; takes as long when there is no hash at all."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _verify, hashed, password)


def _verify(hashed: str | None, password: str) -> bool:
    try:
        right = _hasher.verify(hashed or _absent(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None


@cache
def _absent() -> str:
    """Return the hash to compare with where there is none; made once, when first needed."""
    return _hasher.hash("nobody has this password")
