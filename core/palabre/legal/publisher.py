"""Who publishes the site, as the law wants it said; kept as one setting.

French law asks for it on every site (loi 2004-575, article 1-1: publisher, director of
publication, host) and for the state of accessibility (loi 2005-102, article 47; RGAA).
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime

from palabre.audit import domain as audit
from palabre.database.connection import fetchval, transaction
from palabre.errors import Refused
from palabre.events.texts import line
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.people.permissions import Actor

SETTING = "publisher"
MAX_LINE = 300
HALF, ALL = 50, 100  # per cent of the criteria: partly conforming, wholly conforming
# Without these, the pages are not what the law asks for.
NEEDED = ("name", "address", "email", "director", "host_name", "host_address")

NOT_CONFORMING = marked("non conforme")
PARTLY_CONFORMING = marked("partiellement conforme")
WHOLLY_CONFORMING = marked("totalement conforme")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for the site; "" is what isn't known yet.

    `audit_on` (ISO date), `audit_by` and `audit_rate` (per cent of the RGAA's criteria, "" without
    an audit) are the last accessibility audit.
    """

    name: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    director: str = ""
    host_name: str = ""
    host_address: str = ""
    host_phone: str = ""
    officer: str = ""
    audit_on: str = ""
    audit_by: str = ""
    audit_rate: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the fields that the law asks for and that are empty."""
        return tuple(name for name in NEEDED if not getattr(self, name))

    @property
    def conformity(self) -> str:
        """How the site stands with the RGAA; without an audit it doesn't conform, whatever else."""
        if not (self.audit_on and self.audit_rate):
            return NOT_CONFORMING
        rate = int(self.audit_rate)
        if rate >= ALL:
            return WHOLLY_CONFORMING
        return PARTLY_CONFORMING if rate >= HALF else NOT_CONFORMING


async def read() -> Publisher:
    """Return what was said of the publisher; empty at first."""
    text = await fetchval("SELECT value FROM core_setting WHERE name = $1", SETTING)
    known = {field.name for field in fields(Publisher)}
    said = json.loads(text) if text else {}
    return Publisher(**{name: value for name, value in said.items() if name in known})


async def save(actor: Actor, given: Publisher) -> Publisher:
    """Keep what an administrator says; raises Refused, naming the field."""
    cleaned = replace(
        given, **{f.name: line(getattr(given, f.name), f.name, MAX_LINE) for f in fields(given)}
    )
    if cleaned.email and "@" not in cleaned.email:
        raise Refused(_("Ce n’est pas une adresse électronique."), "email")
    _check_audit(cleaned)
    async with transaction() as connection:
        await connection.execute(
            "INSERT INTO core_setting (name, value) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            SETTING,
            json.dumps(asdict(cleaned), ensure_ascii=False),
        )
        await audit.record(actor, "publisher.changed", kind="site", object_id="site")
    return cleaned


def _check_audit(given: Publisher) -> None:
    if not (given.audit_on or given.audit_by or given.audit_rate):
        return
    if not _is_past_day(given.audit_on):
        raise Refused(_("Indiquez le jour de l’audit, qui est passé."), "audit_on")
    if not given.audit_by:
        raise Refused(_("Indiquez qui a fait l’audit."), "audit_by")
    if not (given.audit_rate.isdecimal() and int(given.audit_rate) <= ALL):
        raise Refused(
            _("Indiquez la part des critères respectés : un nombre entier de 0 à 100."),
            "audit_rate",
        )


def _is_past_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) <= datetime.now(UTC).date()
    except ValueError:
        return False
