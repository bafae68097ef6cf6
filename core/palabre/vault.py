"""Secrets that the site has to read again are encrypted before they enter the database.

The key is the installation's: PALABRE_SECRET_KEY, or the file `secret.key` in the data folder, made
when first needed. A stolen copy of the database opens nothing without it. AES-256-GCM
(NIST SP 800-38D) with a random nonce; what the secret is about is authenticated too, so that a
sealed secret moved to another account's row doesn't open there.
"""

import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from palabre.settings import Settings

KEY_FILE = "secret.key"
NONCE_BYTES = 12


class Unreadable(Exception):
    """A secret doesn't open with this installation's key; the message says what to do."""


class Vault:
    """Seals and opens secrets with one key."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(sha256(b"palabre vault\0" + key.encode()).digest())

    @classmethod
    def of(cls, settings: Settings) -> "Vault":
        """Return the installation's vault; makes its key when there is none yet."""
        if settings.secret_key is not None:
            return cls(settings.secret_key.get_secret_value())
        return cls(_key_in(settings.data_dir))

    def seal(self, plain: bytes, about: str) -> bytes:
        """Encrypt `plain`; it opens only with the same `about`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt what `seal` gave; raises Unreadable for another key, another `about` or junk."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable(
                "A secret in the database was sealed with another key: give the site the"
                f" PALABRE_SECRET_KEY, or the {KEY_FILE} of its data folder, that it had then."
            ) from error


def _key_in(folder: Path) -> str:
    """Return the key kept in the data folder; the first of several processes makes it."""
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{KEY_FILE}.{os.getpid()}.{os.urandom(4).hex()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whole or not at all, and never over another process's
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
