"""The settings, read once from the environment and passed by value.

| variable | meaning | default |
| --- | --- | --- |
| PALABRE_HOST | address to listen on | 127.0.0.1 |
| PALABRE_PORT | port to listen on | 8000 |
| PALABRE_BASE_URL | the address that visitors see; absolute links are built from it | http://HOST:PORT |
| PALABRE_DATA_DIR | folder of the embedded database and of everything kept on disk | ./data |
| PALABRE_DATABASE_URL | a PostgreSQL server; without it the embedded one is used | none |
| PALABRE_SITE_NAME | the site's name, in pages and feeds | Palabre |
| PALABRE_TIME_ZONE | the site's IANA time zone: decides what "today" is | Europe/Paris |
| PALABRE_THEME | the active theme's name | arbre |
| PALABRE_TRUSTED_PROXIES | machines whose X-Forwarded-For is believed: addresses or networks, by commas | none |
| PALABRE_SECRET_KEY | the key that secrets in the database are encrypted with, 32 characters or more; the same in every process | made once, in DATA_DIR/secret.key |
| PALABRE_SMTP_URL | the mail server, smtp://user:password@host:587 or smtps://…; without it letters wait | none |
| PALABRE_MAIL_FROM | the sender of the site's letters | palabre@localhost |
| PALABRE_OPEN_REGISTRATION | 1 lets anybody open an account, confirmed by mail | 0 |
| PALABRE_WORKER | 0 leaves the background jobs to `palabre worker` | 1 |
| PALABRE_TRUSTED_HOSTS | other names that requests may be addressed to, besides that of PALABRE_BASE_URL, by commas | none |
| PALABRE_OIDC_PROVIDERS | identity providers (OpenID Connect) to come in by: short words, by commas | none |
| PALABRE_OIDC_*ID*_ISSUER | for each: its address, as it names itself | needed |
| PALABRE_OIDC_*ID*_CLIENT_ID | for each: the name by which it knows this site | needed |
| PALABRE_OIDC_*ID*_CLIENT_SECRET | for each: the secret shared with it | none (public client) |
| PALABRE_OIDC_*ID*_TITLE | for each: its name on the button | the word itself |
| PALABRE_OIDC_*ID*_SCOPES | for each: what is asked for | openid email profile |
| PALABRE_OIDC_*ID*_ACR | for each: levels of assurance asked for, of which one is required | none |
| PALABRE_OIDC_*ID*_TRUST_EMAIL | for each: 1 when it checks all its addresses without saying so | 0 |
| PALABRE_OIDC_*ID*_PKCE | for each: 0 when it refuses PKCE | 1 |
| PALABRE_SAFE_MODE | 1 starts the core without any plugin | 0 |
"""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from palabre.errors import Refused
from palabre.oidc.providers import Provider
from palabre.oidc.providers import read as read_providers

PREFIX = "PALABRE_"


class Settings(BaseModel):
    """Everything a process needs to know before it starts; frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    base_url: str = ""
    data_dir: Path = Path("data")
    database_url: str | None = None
    site_name: str = "Palabre"
    time_zone: str = "Europe/Paris"
    theme: str = "arbre"
    trusted_proxies: str = ""
    secret_key: SecretStr | None = Field(default=None, min_length=32)
    smtp_url: str | None = None
    mail_from: str = "palabre@localhost"
    open_registration: bool = False
    worker: bool = True
    trusted_hosts: str = ""
    oidc_providers: tuple[Provider, ...] = ()
    safe_mode: bool = False

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"unknown time zone {value!r}; give an IANA name such as Europe/Paris")
        return value

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query):
            raise ValueError("must look like https://agenda.example.org")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in _parts(value):
            ip_network(part)  # raises ValueError, which names what was given
        return value

    @field_validator("trusted_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        for name in _parts(value):
            if urlsplit(f"//{name}").netloc != name or "@" in name or "*" in name:
                raise ValueError(f"{name!r} is no host name; give names such as www.example.org")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "smtp://localhost")
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("must look like smtp://user:password@mail.example.org:587")
        return value

    @field_validator("open_registration")
    @classmethod
    def _confirmed_by_mail(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  pydantic's own way
        if value and not info.data.get("smtp_url"):
            raise ValueError("needs PALABRE_SMTP_URL: addresses are confirmed by mail")
        return value

    @property
    def origin(self) -> str:
        """The address visitors see, without a final slash; all absolute links start with it."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether visitors come by https, so that cookies may ask for it."""
        return self.origin.startswith("https://")

    @property
    def trusted_host_names(self) -> list[str]:
        """The names, besides the origin's, that requests may be addressed to."""
        return _parts(self.trusted_hosts)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the PALABRE_* variables.

    Raises Refused, naming the variable and what it expects, when one can't be used. Empty values
    count as unset, so that `PALABRE_DATABASE_URL= palabre serve` means the embedded server.
    """
    names = [name for name in Settings.model_fields if name != "oidc_providers"]
    given = {name: environment.get(PREFIX + name.upper(), "") for name in names}
    said: dict[str, object] = {name: value for name, value in given.items() if value}
    try:
        return Settings.model_validate({**said, "oidc_providers": read_providers(environment)})
    except ValueError as error:
        raise Refused(_sentence(error)) from error


def _parts(value: str) -> list[str]:
    """Return what stands between commas."""
    return [part for piece in value.split(",") if (part := piece.strip())]


def _sentence(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    faults = (f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
    return "Réglage refusé. " + " ; ".join(faults)
