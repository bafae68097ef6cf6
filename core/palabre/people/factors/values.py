"""The factors by their names, as a session keeps those it has passed."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

FRESH = timedelta(minutes=15)  # how long after proving oneself ways in may be changed


class Factor(StrEnum):
    """A proof of who somebody is. An identity provider's is a text of its own, "oidc:<name>"."""

    PASSWORD = "password"  # noqa: S105  a factor's name
    LINK = "link"
    INVITATION = "invitation"
    REGISTRATION = "registration"
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY = "recovery"


# What can stand beside a password. A passkey proves possession and the person (a finger, a PIN), so
# that it is enough alone.
SECOND = frozenset({Factor.TOTP, Factor.PASSKEY, Factor.RECOVERY})


def has_second(factors: Iterable[str]) -> bool:
    """Whether one of the factors that were passed is a second one."""
    return not SECOND.isdisjoint(factors)
