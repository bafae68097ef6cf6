"""What passes between the protocol, the accounts and the pages."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from palabre.errors import PalabreError
from palabre.oidc.providers import Provider


class Unreachable(PalabreError):
    """The provider doesn't answer, or not as a provider does; `reason` is for the log."""


class Untrusted(PalabreError):
    """What came back can't be believed; `reason` is for the log, never for the page."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as a provider vouches for them; `email_verified` is the provider's word."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Journey:
    """A way to a provider and back, begun in this browser.

    `user_id` is who asked for the provider to be added to their account; `invitation` is the hash
    of the token of the invitation to be accepted.
    """

    provider: str
    following: str
    user_id: UUID | None = None
    invitation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """All that a journey must not reveal, from the one token that only its browser holds."""

    token: str = field(repr=False)

    @property
    def state(self) -> str:
        """What comes back with the answer (RFC 6749 section 10.12)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What stands in the ID token (OpenID Connect Core section 3.1.2.1)."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What proves that the code is ours (RFC 7636)."""
        return self._derived("verifier")

    def _derived(self, name: str) -> str:
        return hmac.new(self.token.encode(), name.encode(), sha256).hexdigest()


class Door(Protocol):
    """The way to one provider; `palabre.oidc.protocol.Client` is the real one."""

    provider: Provider

    async def authorization_url(self, back: str, secrets: Secrets) -> str:
        """Return where the browser goes; raises Unreachable or Untrusted."""

    async def check_sender(self, issuer: str | None) -> None:
        """Refuse an answer that names another issuer; raises Unreachable or Untrusted."""

    async def identify(self, back: str, code: str, secrets: Secrets) -> Identity:
        """Exchange the code for an identity; raises Unreachable or Untrusted."""

    async def logout_url(self, id_token: str, back: str, state: str) -> str | None:
        """Return where the browser signs out, None where that isn't offered."""
