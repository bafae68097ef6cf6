"""Which identity providers the site believes, as the administrator's settings name them.

PALABRE_OIDC_PROVIDERS=proconnect names them by short words; each has its own variables,
PALABRE_OIDC_PROCONNECT_ISSUER and so on: a field of `Provider` in capitals.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from palabre.errors import Refused

PREFIX = "PALABRE_OIDC_"
PROVIDERS = f"{PREFIX}PROVIDERS"
_ID = re.compile(r"[a-z][a-z0-9]{0,29}")


class Provider(BaseModel):
    """An identity provider and how this site is known there; frozen.

    `issuer` is compared to the letter with what the provider says of itself. `acr` are the levels
    of assurance to ask for, best first: none other is let in. With `trust_email`, an address
    counts as checked by the provider even where it doesn't say so, unless it says that it isn't.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    title: str
    scopes: str = "openid email profile"
    acr: str = ""
    trust_email: bool = False
    pkce: bool = True

    @field_validator("issuer")
    @classmethod
    def _reachable_safely(cls, value: str) -> str:
        if not safe_address(value, here=True) or urlsplit(value).query:
            raise ValueError("must look like https://identity.example.org")
        return value

    @field_validator("scopes")
    @classmethod
    def _with_openid(cls, value: str) -> str:
        if "openid" not in value.split():
            raise ValueError("must contain openid")
        return value


def read(environment: Mapping[str, str]) -> tuple[Provider, ...]:
    """Read the providers; raises Refused, naming the variable, when one can't be used."""
    ids = [part.strip() for part in environment.get(PROVIDERS, "").split(",") if part.strip()]
    for wrong in (id_ for id_ in ids if not _ID.fullmatch(id_) or ids.count(id_) > 1):
        raise Refused(
            f"Réglage refusé. {PROVIDERS}: {wrong!r}; give different short words, lower case "
            "letters and digits, by commas"
        )
    found = tuple(_read_one(id_, environment) for id_ in ids)
    issuers = [provider.issuer for provider in found]
    for number, provider in enumerate(found):
        if provider.issuer in issuers[:number]:  # people are known by issuer and subject
            raise Refused(
                f"Réglage refusé. {PREFIX}{provider.id.upper()}_ISSUER: another provider has it"
            )
    return found


def safe_address(address: str, *, here: bool) -> bool:
    """Whether tokens may travel to `address`: by https, or (`here`) to this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and here and _is_here(host))


def _read_one(id_: str, environment: Mapping[str, str]) -> Provider:
    prefix = f"{PREFIX}{id_.upper()}_"
    given = {
        name: value
        for name in Provider.model_fields
        if name != "id" and (value := environment.get(prefix + name.upper(), "").strip())
    }
    try:
        return Provider.model_validate({"title": id_.capitalize(), **given, "id": id_})
    except ValidationError as error:
        faults = (f"{prefix}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise Refused("Réglage refusé. " + " ; ".join(faults)) from error


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
