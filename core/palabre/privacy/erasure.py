"""Erasing a person: asked for, undone in time, done whole or tried again, never half in silence.

What goes: the account, its sessions, links, roles, invitations, letters and imports, and what the
plugins hold. What stays: events and their history, which are the organisation's, without a word on
who wrote them; and the journal, which knows people by an id that then leads nowhere.

The order makes a half-done erasure safe and visible. First the account is closed, in one
transaction that makes sure that each organisation keeps an owner and the site an administrator.
Then the plugins forget; each may be asked again. Only when all of them have, the core's rows go, in
one transaction. Until then core_erasure says what is in the way, and every day tries again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from palabre import plugins
from palabre.audit import domain as audit
from palabre.database.connection import Connection, Row, fetch, fetchrow, transaction
from palabre.errors import PalabreError, Refused
from palabre.hookvalues import Person
from palabre.i18n import gettext as _
from palabre.people.domain import add_member
from palabre.people.models import Organisation, Role, Session, SiteRole, User
from palabre.people.permissions import SYSTEM, Actor
from palabre.privacy.inventory import HOLDINGS, Fate, Holding

UNDO = timedelta(days=7)  # between a person's own wish and its fulfilment
OWNER = "owner"
ADMINISTRATOR = "administrator"
PLUGIN = "plugin:"

log = structlog.get_logger()

# Who is the only owner, with an open account, of which organisations; these are locked.
_OWNED = """
SELECT o.id, o.name FROM core_organisation o JOIN core_membership m ON m.organisation_id = o.id
WHERE m.user_id = $1 AND m.role = 'owner' ORDER BY o.id FOR NO KEY UPDATE OF o
"""
_ALONE = """
SELECT o.id, o.slug, o.name FROM core_organisation o
WHERE EXISTS (SELECT FROM core_membership m
              WHERE m.organisation_id = o.id AND m.user_id = $1 AND m.role = 'owner')
  AND NOT EXISTS (SELECT FROM core_membership m JOIN core_user u ON u.id = m.user_id
                  WHERE m.organisation_id = o.id AND m.role = 'owner' AND u.is_active AND u.id <> $1)
ORDER BY o.name
"""
_WANT = """
INSERT INTO core_erasure AS e (user_id, reason, asked_at, due_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET due_at = least(e.due_at, excluded.due_at)
"""
# Plugins that aren't installed any more, but whose tables are there and could hold somebody.
_GONE = """
SELECT p.name FROM core_plugin p
WHERE 'erase_person' = ANY(p.guards) AND p.name <> ALL($1::text[])
  AND EXISTS (SELECT FROM core_migration m WHERE m.package = p.name)
ORDER BY p.name
"""


class Reason(StrEnum):
    """Who wanted an erasure."""

    OWN = "own"
    ADMINISTRATOR = "administrator"
    INACTIVITY = "inactivity"


@dataclass(frozen=True, slots=True)
class Wish:
    """An erasure that was asked for; `obstacles` are what the last try failed on."""

    user_id: UUID
    reason: Reason
    asked_at: datetime
    due_at: datetime
    tried_at: datetime | None
    obstacles: tuple[str, ...]


class Unfinished(PalabreError):
    """The account is closed, but not everything could be erased yet; it will be tried again."""


class Alone(Refused):
    """An organisation would lose its last owner; `organisations` maps their slugs to names."""

    def __init__(self, organisations: Mapping[str, str]) -> None:
        super().__init__(
            _(
                "Une organisation garde toujours une personne responsable. Nommez-en d’abord une"
                " autre pour : {names}."
            ).format(names=", ".join(organisations.values()))
        )
        self.organisations = organisations


async def wish_of(user_id: UUID) -> Wish | None:
    """Return what is planned for this account, or None."""
    row = await fetchrow("SELECT * FROM core_erasure WHERE user_id = $1", user_id)
    return _wish(row) if row else None


async def alone_in(user_id: UUID) -> dict[str, str]:
    """Return the organisations that only this person is responsible for: slugs and names."""
    return {row["slug"]: row["name"] for row in await fetch(_ALONE, user_id)}


async def want(
    connection: Connection, user_id: UUID, reason: Reason, now: datetime, due_at: datetime
) -> None:
    """Plan an erasure; one that is planned already keeps its reason, and the earlier day."""
    await connection.execute(_WANT, user_id, reason, now, due_at)


async def cancel(actor: Actor, user_id: UUID) -> None:
    """Undo the wish of an account that is still open; none is nothing to undo."""
    async with transaction() as connection:
        undone = await connection.fetchval(
            "DELETE FROM core_erasure e USING core_user u"
            " WHERE u.id = e.user_id AND u.id = $1 AND u.is_active RETURNING e.user_id",
            user_id,
        )
        if undone:
            await audit.record(actor, "erasure.cancelled", kind="account", object_id=user_id)


async def erase(
    actor: Actor, user: User, *, reason: Reason = Reason.ADMINISTRATOR, heir: User | None = None
) -> dict[str, int]:
    """Erase a person now; returns how many rows of each table went or were unnamed.

    `heir` becomes owner of the organisations that would be left without one.

    Raises:
        Alone: there are such organisations and no heir; nothing was changed.
        Refused: the site would lose its last administrator; nothing was changed.
        Unfinished: the account is closed, a plugin could not forget; tried again every day.

    """
    person = Person(user.id, user.email, user.display_name)
    await _close(actor, person, reason, heir)
    silent = await _forgotten_by_plugins(person)
    if silent:
        await _note(user.id, [PLUGIN + name for name in silent])
        raise Unfinished(
            _(
                "Le compte est fermé, mais l’effacement n’est pas fini : ces extensions n’ont pas"
                " pu oublier la personne : {names}. Ce sera réessayé chaque jour."
            ).format(names=", ".join(silent))
        )
    async with transaction() as connection:
        there = await connection.fetchval(
            "SELECT true FROM core_user WHERE id = $1 FOR UPDATE", person.user_id
        )
        if not there:  # another process was faster
            return {}
        done = {h.table: await _apply(connection, h, person) for h in HOLDINGS}
        await connection.execute("DELETE FROM core_document")  # any may name them; made again
        await audit.record(
            actor, "account.erased", kind="account", object_id=person.user_id, reason=str(reason)
        )
    log.info("account erased", reason=str(reason))
    return {table: count for table, count in done.items() if count}


async def erase_due(now: datetime) -> int:
    """Fulfil every wish whose day has come; returns how many people were erased.

    Whoever signed in again after a warning of inactivity stays. What can't be done is noted with
    its reason, shown to the administrators, and tried again the next day.
    """
    await _spare_the_returned()
    rows = await fetch("SELECT * FROM core_erasure WHERE due_at <= $1 ORDER BY due_at", now)
    done = 0
    for wish in map(_wish, rows):
        user = await User.get_or_none(id=wish.user_id)
        if user is None:
            continue
        try:
            await erase(SYSTEM, user, reason=wish.reason)
            done += 1
        except Unfinished:
            log.warning("erasure unfinished", account=str(wish.user_id))
        except Alone:
            await _note(wish.user_id, [OWNER])
        except Refused:
            await _note(wish.user_id, [ADMINISTRATOR])
    return done


async def _close(actor: Actor, person: Person, reason: Reason, heir: User | None) -> None:
    async with transaction() as connection:
        await connection.one_at_a_time("erase")
        await connection.fetch(_OWNED, person.user_id)
        alone = await connection.fetch(_ALONE, person.user_id)
        if alone and heir is None:
            raise Alone({row["slug"]: row["name"] for row in alone})
        await _keep_an_administrator(connection, person.user_id)
        for row in alone:
            if heir is not None:
                await add_member(heir, await Organisation.get(id=row["id"]), Role.OWNER)
        await User.filter(id=person.user_id).update(is_active=False)
        await Session.filter(user_id=person.user_id).delete()
        now = datetime.now(UTC)
        await want(connection, person.user_id, reason, now, now)
        await audit.record(actor, "account.closed", kind="account", object_id=person.user_id)


async def _keep_an_administrator(connection: Connection, leaving: UUID) -> None:
    last = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM core_user WHERE id = $1 AND $2 = ANY(site_roles)"
        " AND is_active) AND NOT EXISTS (SELECT FROM core_user"
        " WHERE id <> $1 AND $2 = ANY(site_roles) AND is_active)",
        leaving,
        SiteRole.ADMINISTRATOR,
    )
    if last:
        raise Refused(
            _(
                "C’est le dernier compte qui administre ce site : invitez d’abord une autre"
                " personne à l’administrer."
            )
        )


async def _forgotten_by_plugins(person: Person) -> list[str]:
    """Ask every plugin to forget; returns the names of those that couldn't."""
    found = plugins.current()
    answers = await found.everyone("erase_person", person=person)
    here = [extension.name for extension in found.extensions]
    gone = [row["name"] for row in await fetch(_GONE, here)]
    return [*answers.silent, *gone]


async def _apply(connection: Connection, holding: Holding, person: Person) -> int:
    """Do with the rows of a table what its fate says; returns how many were touched."""
    given = (person.user_id, person.email)
    person_row = "WITH p AS (SELECT $1::uuid AS id, $2::text AS email)"
    if holding.fate is Fate.REMOVED:
        tag = await connection.execute(
            f"{person_row} DELETE FROM {holding.table} t USING p WHERE {holding.whose}",  # noqa: S608  the inventory's own words
            *given,
        )
        return int(tag.rpartition(" ")[2])
    count = 0
    for column in holding.unnamed:
        tag = await connection.execute(
            f"{person_row} UPDATE {holding.table} t SET {column} = NULL FROM p"  # noqa: S608  the inventory's own words
            f" WHERE t.{column} = p.id",
            *given,
        )
        count += int(tag.rpartition(" ")[2])
    return count


async def _note(user_id: UUID, obstacles: list[str]) -> None:
    async with transaction() as connection:
        await connection.execute(
            "UPDATE core_erasure SET obstacles = $2, tried_at = now() WHERE user_id = $1",
            user_id,
            obstacles,
        )


async def _spare_the_returned() -> None:
    async with transaction() as connection:
        await connection.execute(
            "DELETE FROM core_erasure e USING core_user u WHERE u.id = e.user_id"
            " AND e.reason = 'inactivity' AND u.is_active AND u.last_login_at > e.asked_at"
        )


def _wish(row: Row) -> Wish:
    return Wish(
        row["user_id"],
        Reason(row["reason"]),
        row["asked_at"],
        row["due_at"],
        row["tried_at"],
        tuple(row["obstacles"]),
    )
