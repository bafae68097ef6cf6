"""Keys to the recovery page: made on the server's command line, used once, soon over.

Whoever can run `palabre plugin recover` has the database in hand already; the link only carries
that into a browser. A token has 256 random bits and only its SHA-256 is kept, so that the database
doesn't hold anything that opens the page. Each use is in the journal.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from palabre.audit.domain import record
from palabre.database.connection import Connection, execute, fetchval, transaction
from palabre.errors import NotFound
from palabre.i18n import gettext as _
from palabre.people.permissions import SYSTEM
from palabre.plugins import current, domain, state
from palabre.plugins.loading import installed
from palabre.plugins.state import State
from palabre.settings import Settings

PATH = "/secours"
LINK_LASTS = timedelta(minutes=30)
VISIT_LASTS = timedelta(minutes=15)


async def make_link(settings: Settings) -> str:
    """Return an address that opens the recovery page once, within LINK_LASTS."""
    async with transaction() as connection:
        await connection.execute("DELETE FROM core_recovery WHERE expires_at <= now()")
        token = await _key(connection, "link", LINK_LASTS)
        await record(SYSTEM, "recovery.link", kind="site", object_id="recovery")
    return f"{settings.origin}{PATH}/{token}"


async def is_good(purpose: str, token: str) -> bool:
    """Whether a key ("link" or "visit") still opens, without using it."""
    return bool(
        await fetchval(
            "SELECT true FROM core_recovery WHERE key = $1 AND purpose = $2 AND expires_at > now()",
            _hash(token),
            purpose,
        )
    )


async def begin(link: str) -> str:
    """Use a link up and return the key of the visit that it begins; raises NotFound."""
    async with transaction() as connection:
        used = await connection.fetchval(
            "DELETE FROM core_recovery WHERE key = $1 AND purpose = 'link'"
            " AND expires_at > now() RETURNING true",
            _hash(link),
        )
        if not used:
            raise NotFound(_("Ce lien a déjà servi ou a expiré."))
        visit = await _key(connection, "visit", VISIT_LASTS)
        await record(SYSTEM, "recovery.opened", kind="site", object_id="recovery")
    return visit


async def end(visit: str) -> None:
    """Close the page for whoever has this visit's key."""
    await execute("DELETE FROM core_recovery WHERE key = $1", _hash(visit))


async def standing() -> tuple[bool, dict[str, State]]:
    """Return whether the safe mode is on, and what is decided about each installed plugin."""
    async with transaction() as connection:
        known = await state.read(connection.raw)
        names = {*(point.name for point in installed()), *known}
        is_safe = await state.is_safe(connection.raw)
    return is_safe, {name: known.get(name, State()) for name in sorted(names)}


async def decide(what: str, name: str) -> None:
    """Do what was asked for on the page: "pause", "enable" or "disable" a plugin, "safe", "unsafe".

    Raises NotFound for anything else, and for a plugin that isn't there.
    """
    if what in {"safe", "unsafe"}:
        await domain.set_safe_mode(SYSTEM, on=what == "safe")
        return
    _is_safe, known = await standing()
    if name not in known or what not in {"pause", "enable", "disable"}:
        raise NotFound(_("Aucune extension ne porte ce nom."))
    if what == "pause":
        await domain.pause(SYSTEM, name, _("Mise en pause depuis la page de secours."))
    elif what == "enable":
        await domain.enable(SYSTEM, name, current().packages())
    else:
        await domain.disable(SYSTEM, name)


async def _key(connection: Connection, purpose: str, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO core_recovery (key, purpose, expires_at)"
        " VALUES ($1, $2, now() + $3::interval)",
        _hash(token),
        purpose,
        lasts,
    )
    return token


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
