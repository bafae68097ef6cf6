"""Passwords: long rather than complicated, not easily guessed, hashed with argon2id.

Length over composition, as NIST SP 800-63B section 3.1.1.2 asks: no rule about digits or signs,
but common passwords are refused, their usual disguises too (zxcvbn's lists and estimate), as is
what anybody who knows the account's name and address would try first. All of it happens in a
small thread pool: a rush of logins can't take every core from the readers.
"""

import asyncio
import os
import re
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from palabre.errors import Refused
from palabre.i18n import gettext as _

MIN_LENGTH = 12
MAX_LENGTH = 200
JUDGED = 40  # the estimate's time grows fast with length; what begins well is good as a whole
SAFE_SCORE = 3  # zxcvbn: more than 10**8 guesses
OBVIOUS = 4  # a name of as many letters may not be part of the password

# RFC 9106 section 4, second recommended option, but in one lane: four are as much work on as many
# cores, and the readers need one.
_hasher = PasswordHasher.from_parameters(replace(profiles.RFC_9106_LOW_MEMORY, parallelism=1))
NICE = 10  # how far behind the readers a login queues for a core


def _stand_back() -> None:
    """Let everything else in this process go first; where threads can't (not Linux), nothing."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2", initializer=_stand_back)


async def hash_password(password: str, about: Sequence[str] = ()) -> str:
    """Return an argon2id hash.

    `about` are the account's address and name. Raises Refused when the password is too short, too
    long, common, or made of what `about` says.
    """
    if len(password) < MIN_LENGTH:
        raise Refused(
            _("Choisissez un mot de passe d’au moins {number} caractères.").format(
                number=MIN_LENGTH
            ),
            field="password",
        )
    if len(password) > MAX_LENGTH:
        raise Refused(_("Ce mot de passe est trop long."), field="password")
    words = _words(about)
    if any(word in password.casefold() for word in words):
        raise Refused(
            _("Ce mot de passe contient votre nom ou votre adresse : choisissez autre chose."),
            field="password",
        )
    hashed = await asyncio.get_running_loop().run_in_executor(_pool, _hash, password, words)
    if hashed is None:
        raise Refused(
            _(
                "Ce mot de passe est trop facile à deviner : beaucoup de gens en ont un semblable."
                " Prenez quelques mots sans lien entre eux."
            ),
            field="password",
        )
    return hashed


async def verify_password(hashed: str | None, password: str) -> bool:
    """Whether `password` is the one hashed; takes as long when there is no hash at all."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _verify, hashed, password)


def _hash(password: str, words: list[str]) -> str | None:
    """Return the hash, or None when the password is easily guessed."""
    from zxcvbn import zxcvbn  # 4 MB of lists: only where a password is chosen

    if zxcvbn(password[:JUDGED], user_inputs=[*words, "palabre"])["score"] < SAFE_SCORE:
        return None
    return _hasher.hash(password)


def _words(about: Sequence[str]) -> list[str]:
    """Return the names in an address and a name; the ends of domains are nobody's secret."""
    said = " ".join(re.sub(r"\.[a-z0-9-]+$", "", text.casefold()) for text in about)
    return [word for word in re.split(r"[\W_]+", said) if len(word) >= OBVIOUS]


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
