"""How long each kind of data is kept, and the daily chore that forgets the rest.

Every period is here, with its words: the register, the page for administrators and the chore read
the same list. `now` is given, so that tests can move it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from palabre import plugins
from palabre.audit import domain as audit
from palabre.database.connection import Connection, execute, fetch, transaction
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.importing.jobs import KEPT as IMPORTS_KEPT
from palabre.importing.jobs import forget_old as forget_imports
from palabre.mail import domain as mail
from palabre.oidc.domain import JOURNEY_LASTS
from palabre.oidc.domain import forget_old as forget_journeys
from palabre.people import ways_in
from palabre.people.factors import steps
from palabre.people.permissions import SYSTEM
from palabre.people.sessions import ABSOLUTE, IDLE
from palabre.principals import domain as principals
from palabre.privacy.erasure import UNDO, Reason, erase_due, want
from palabre.settings import Settings
from palabre.web import limits
from palabre.web.text import day

INVITATIONS_KEPT = timedelta(days=30)  # after they were used or ran out
INACTIVE = timedelta(days=3 * 365)  # without a sign-in: the account's person is warned
WARNED = timedelta(days=30)  # between the warning and the erasure
PLUGIN = "plugin:"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Period:
    """One kind of data: how long it is kept, in French words, and what forgets it.

    `values` are put into `words`; `forget` returns how many rows went, and is None where the data
    live as long as something else.
    """

    title: str
    words: str
    values: Mapping[str, int] = field(default_factory=dict)
    forget: Callable[[datetime], Awaitable[int]] | None = None

    @property
    def sentence(self) -> str:
        """The words, in the reader's language."""
        return _(self.words).format(**self.values)


@dataclass(frozen=True, slots=True)
class Run:
    """When a kind of data was last looked through, how many rows went, and whether it failed."""

    ran_at: datetime
    removed: int
    failed: bool


async def _forget_sessions(now: datetime) -> int:
    return _count(
        await execute(
            "DELETE FROM core_session WHERE expires_at <= $1 OR seen_at <= $2", now, now - IDLE
        )
    )


async def _forget_invitations(now: datetime) -> int:
    return _count(
        await execute(
            "DELETE FROM core_invitation WHERE coalesce(used_at, expires_at) <= $1",
            now - INVITATIONS_KEPT,
        )
    )


PERIODS: Mapping[str, Period] = {
    "accounts": Period(
        marked("Comptes"),
        marked(
            "Tant que le compte sert. Après {years} ans sans connexion, la personne est prévenue"
            " par courriel, puis le compte est effacé {warned} jours plus tard."
        ),
        {"years": INACTIVE.days // 365, "warned": WARNED.days},
    ),
    "erasures": Period(
        marked("Effacements demandés"),
        marked("{days} jours pour changer d’avis, puis l’effacement."),
        {"days": UNDO.days},
        erase_due,
    ),
    "sessions": Period(
        marked("Appareils connectés"),
        marked("{idle} jours sans visite, {days} jours en tout cas."),
        {"idle": IDLE.days, "days": ABSOLUTE.days},
        _forget_sessions,
    ),
    "links": Period(
        marked("Liens de connexion, d’inscription et de mot de passe"),
        marked("De 15 minutes à un jour, selon le lien."),
        forget=ways_in.forget_old,
    ),
    "principals": Period(
        marked("Sessions des personnes propres aux extensions (élèves…)"),
        marked("{hours} heures au plus, une heure sans visite."),
        {"hours": int(principals.LONGEST.total_seconds() // 3600)},
        principals.forget_old,
    ),
    "steps": Period(
        marked("Deuxièmes étapes de connexion et demandes aux clés d’accès"),
        marked("{minutes} minutes."),
        {"minutes": steps.LASTS.seconds // 60},
        steps.forget_old,
    ),
    "providers": Period(
        marked("Passages par un fournisseur d’identité"),
        marked(
            "{minutes} minutes ; la dernière preuve d’identité, tant qu’un appareil est connecté."
        ),
        {"minutes": int(JOURNEY_LASTS.total_seconds() // 60)},
        forget_journeys,
    ),
    "members": Period(
        marked("Rôles dans les organisations"),
        marked("Jusqu’à ce que la personne parte de l’organisation, ou que son compte s’efface."),
    ),
    "invitations": Period(
        marked("Invitations"),
        marked("{days} jours après avoir servi ou expiré."),
        {"days": INVITATIONS_KEPT.days},
        _forget_invitations,
    ),
    "letters": Period(
        marked("Courriels du site"),
        marked("Le texte jusqu’à la remise ; à qui et quand, {days} jours."),
        {"days": mail.KEPT.days},
        mail.forget_old,
    ),
    "imports": Period(
        marked("Imports de calendriers"),
        marked("{days} jours, comptes rendus compris."),
        {"days": IMPORTS_KEPT.days},
        forget_imports,
    ),
    "authors": Period(
        marked("Qui a écrit et changé les événements"),
        marked("Tant que le compte existe ; les événements restent ensuite, sans nom."),
    ),
    "tries": Period(
        marked("Essais de connexion"),
        marked("Un jour, sous forme d’empreintes."),
        forget=limits.forget_old,
    ),
    "audit": Period(
        marked("Journal des actions"),
        marked("Un an, à un mois près."),
        forget=audit.forget_old,
    ),
}

_INACTIVE = """
SELECT id, email, language FROM core_user u
WHERE is_active AND NOT is_demo AND coalesce(last_login_at, created_at) < $1
  AND NOT EXISTS (SELECT FROM core_erasure e WHERE e.user_id = u.id)
"""
_RAN = """
INSERT INTO core_retention AS r (name, ran_at, removed, failed) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET ran_at = excluded.ran_at, removed = excluded.removed,
    failed = excluded.failed
"""


async def forget_old(settings: Settings, now: datetime | None = None) -> int:
    """Do the daily round; returns how many rows of the core went.

    One kind that fails doesn't keep the others; it is logged and shown to the administrators.
    """
    now = now or datetime.now(UTC)
    total = 0
    for name, period in PERIODS.items():
        if period.forget is not None:
            total += await _one(name, period.forget, now)
    await _one("inactive", lambda at: warn_inactive(settings, at), now)
    answers = await plugins.current().everyone("forget_old", now=now)
    for name in answers.given:
        await _note(PLUGIN + name, now)
    for name in answers.silent:
        await _note(PLUGIN + name, now, failed=True)
    return total


async def warn_inactive(settings: Settings, now: datetime) -> int:
    """Warn whoever hasn't signed in for years, and plan the erasure; returns 0: nothing goes yet.

    Without a mail server nobody can be warned, and nobody is erased.
    """
    if settings.smtp_url is None:
        return 0
    for row in await fetch(_INACTIVE, now - INACTIVE):
        async with transaction() as connection:
            await _warn(connection, settings, row["id"], now)
    return 0


async def last_runs() -> dict[str, Run]:
    """Return when each kind was last looked through, by the names of PERIODS and the plugins'."""
    rows = await fetch("SELECT name, ran_at, removed, failed FROM core_retention")
    return {row["name"]: Run(row["ran_at"], row["removed"], row["failed"]) for row in rows}


async def _warn(connection: Connection, settings: Settings, user_id: object, now: datetime) -> None:
    user = await connection.fetchrow(
        "SELECT id, email, language FROM core_user u WHERE id = $1 AND NOT EXISTS"
        " (SELECT FROM core_erasure e WHERE e.user_id = u.id) FOR UPDATE",
        user_id,
    )
    if user is None:  # another process was faster
        return
    await want(connection, user["id"], Reason.INACTIVITY, now, now + WARNED)
    await mail.queue(
        user["email"],
        "inactive",
        language=user["language"],
        site=settings.site_name,
        date=day(now + WARNED, settings.time_zone),
        link=f"{settings.origin}/connexion",
    )
    await audit.record(SYSTEM, "account.warned", kind="account", object_id=user["id"])


async def _one(name: str, forget: Callable[[datetime], Awaitable[int]], now: datetime) -> int:
    try:
        removed = await forget(now)
    except Exception:
        log.exception("retention failed", kind=name)
        await _note(name, now, failed=True)
        return 0
    await _note(name, now, removed)
    return removed


async def _note(name: str, now: datetime, removed: int = 0, *, failed: bool = False) -> None:
    await execute(_RAN, name, now, removed, failed)


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
