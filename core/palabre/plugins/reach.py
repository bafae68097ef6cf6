"""What is decided about a plugin's reach: who has its actions, which organisations use it.

An administrator grants a plugin's actions to roles and says which plugins organisations may switch
on; owners switch those on and off for their own. All processes follow at once, all is in the
journal.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from palabre import plugins
from palabre.audit.domain import record
from palabre.database.connection import Connection, fetch, transaction
from palabre.errors import Denied, NotFound, Refused
from palabre.events.values import Publication
from palabre.hookvalues import EventChange, Permission
from palabre.i18n import gettext as _
from palabre.people.models import Organisation, Role, SiteRole
from palabre.people.permissions import Actor, can
from palabre.plugins import outbox, scope
from palabre.plugins.extension import Extension, Standing

GRANTABLE: tuple[Role | SiteRole, ...] = (*Role, SiteRole.MODERATOR)
SWITCHED = "plugin_switched"  # the action of what a plugin is told when it is switched on
BATCH = 200
# These events hold values of the plugin: they are given to it, and to subscribers, again or no more.
_WRITE_ANEW = """
INSERT INTO core_event_due (plugin, event_id, due_at)
SELECT $1, id, now() + interval '2 seconds' FROM core_event WHERE organisation_id = $2 AND extras ? $1
ON CONFLICT (plugin, event_id) DO UPDATE SET due_at = excluded.due_at
"""
_EVENTS = """
SELECT id, slug, version, publication FROM core_event WHERE organisation_id = $1 ORDER BY id
"""
_USERS = """
SELECT o.slug, o.name, p.since FROM core_plugin_organisation p
JOIN core_organisation o ON o.id = p.organisation_id WHERE p.plugin = $1 ORDER BY o.slug LIMIT $2
"""
MOST_USERS = 200  # shown on a plugin's page


@dataclass(frozen=True, slots=True)
class Offer:
    """A plugin as an organisation's owners see it: may they switch it on, is it on."""

    name: str
    title: str
    on: bool
    offered: bool
    guards: bool
    minors: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """One of a plugin's actions and the roles that have it."""

    action: str
    words: str
    roles: frozenset[str]
    usual: bool


def offers_for(organisation: Organisation) -> list[Offer]:
    """Return the plugins that are on for the organisation or may be switched on."""
    found = [_offer(each, organisation.id) for each in _switchable()]
    return [offer for offer in found if offer.offered or offer.on]


def grants_of(name: str) -> list[Grant]:
    """Return who has the actions of a plugin; raises NotFound."""
    extension = found(name)
    said = extension.loaded.manifest.permissions if extension.loaded.manifest else {}
    return [_grant(extension, action, said[action]) for action in said]


async def users_of(name: str) -> Sequence[tuple[str, str]]:
    """Return the organisations for which a plugin is on, as (slug, name), at most MOST_USERS."""
    return [(row["slug"], row["name"]) for row in await fetch(_USERS, name, MOST_USERS)]


def found(name: str) -> Extension:
    """Return the installed plugin `name`; raises NotFound."""
    for each in plugins.current().extensions:
        if each.name == name:
            return each
    raise NotFound(_("Aucune extension ne porte ce nom."))


async def grant(actor: Actor, name: str, action: str, roles: Collection[str]) -> None:
    """Give an action of the plugin `name` to these roles and no others; administrators keep it."""
    _check_administrator(actor)
    if action not in {each.action for each in grants_of(name)}:
        raise NotFound(_("Cette extension n’a pas ce droit."))
    if not set(roles) <= set(GRANTABLE):
        raise Refused(_("Choisissez un rôle de la liste."), "roles")
    async with transaction() as connection:
        await scope.grant(connection, name, action, set(roles))
        await record(
            actor,
            "plugin.granted",
            kind="plugin",
            object_id=name,
            permission=action,
            roles=",".join(sorted(roles)),
        )
    await plugins.current().refresh()


async def offer(actor: Actor, name: str, *, offered: bool) -> None:
    """Let owners switch the plugin `name` on, or no longer; where it is on, it stays."""
    _check_administrator(actor)
    _check_switchable(found(name))
    async with transaction() as connection:
        await scope.offer(connection, name, offered=offered)
        said = "plugin.offered" if offered else "plugin.not_offered"
        await record(actor, said, kind="plugin", object_id=name)
    await plugins.current().refresh()


async def switch(actor: Actor, name: str, organisation: Organisation, *, on: bool) -> None:
    """Switch the plugin `name` on or off for an organisation, for all processes.

    Raises NotFound, Denied, or Refused where it isn't offered. A plugin that is switched on is told
    of all the organisation's events, as if each had just been saved.
    """
    extension = found(name)
    _check_switchable(extension)
    if not can(actor, "organisation.edit", organisation):
        raise Denied(_("Seules les personnes responsables activent des extensions."))
    if on and not extension.state.offered and not actor.is_administrator:
        raise Refused(_("L’administration du site ne propose pas cette extension."))
    async with transaction() as connection:
        await scope.switch(connection, name, organisation.id, on=on)
        if on and "event_committed" in extension.loaded.hooks:
            await _tell(connection, name, organisation.id)
        await connection.execute(_WRITE_ANEW, name, organisation.id)
        await record(
            actor,
            "plugin.switched_on" if on else "plugin.switched_off",
            kind="plugin",
            object_id=name,
            organisation=str(organisation.id),
        )
    await plugins.current().refresh()


async def _tell(connection: Connection, name: str, organisation_id: UUID) -> None:
    rows = await connection.fetch(_EVENTS, organisation_id)
    changes = [
        EventChange(
            row["id"],
            row["slug"],
            row["version"],
            SWITCHED,
            Publication(row["publication"]),
            organisation_id,
        )
        for row in rows
    ]
    for start in range(0, len(changes), BATCH):
        await outbox.write(connection, [name], changes[start : start + BATCH])


def _switchable() -> list[Extension]:
    out = {Standing.DISABLED, Standing.REFUSED}
    return [
        each
        for each in plugins.current().extensions
        if each.is_per_organisation and each.standing not in out
    ]


def _offer(extension: Extension, organisation_id: UUID) -> Offer:
    manifest = extension.loaded.manifest
    return Offer(
        name=extension.name,
        title=extension.title,
        on=extension.is_on_for(organisation_id),
        offered=extension.state.offered,
        guards=bool(extension.guards),
        minors=manifest is not None and manifest.minors,
    )


def _grant(extension: Extension, action: str, said: Permission) -> Grant:
    given = extension.scope.grants.get(action)
    usual = frozenset(str(role) for role in (*said.roles, *said.site_roles))
    return Grant(action, said.words, usual if given is None else given, given in {None, usual})


def _check_administrator(actor: Actor) -> None:
    if not can(actor, "plugin.manage"):
        raise Denied(_("Seule l’administration du site peut décider cela."))


def _check_switchable(extension: Extension) -> None:
    if not extension.is_per_organisation:
        raise Refused(_("Cette extension vaut pour tout le site."))
