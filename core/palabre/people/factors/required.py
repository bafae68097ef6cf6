"""Which roles ask for a second factor: an administrator's decision for the whole site.

A role that asks for one sleeps in every session that hasn't passed one: its person is signed in and
can add a second factor, and until then is nobody's editor or administrator.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from palabre.audit import domain as audit
from palabre.database.connection import fetch, fetchval, transaction
from palabre.errors import Denied, Refused
from palabre.i18n import gettext as _
from palabre.people.factors.values import has_second
from palabre.people.models import Role, SiteRole
from palabre.people.permissions import Actor, can

ROLES = (*SiteRole, *Role)  # from most to least
_NAME = "second_factor_roles"
# Whether the account `u` has a second factor.
HELD = """(EXISTS (SELECT FROM core_totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
    OR EXISTS (SELECT FROM core_passkey p WHERE p.user_id = u.id))"""
_COUNTS = f"""
WITH held AS (
    SELECT unnest(site_roles) AS role, id AS user_id FROM core_user WHERE is_active
    UNION
    SELECT m.role, m.user_id FROM core_membership m
    JOIN core_user u ON u.id = m.user_id WHERE u.is_active
)
SELECT role, count(*) AS people, count(*) FILTER (WHERE {HELD}) AS ready
FROM held JOIN core_user u ON u.id = held.user_id GROUP BY role
"""  # noqa: S608  own words


@dataclass(frozen=True, slots=True)
class Count:
    """How many people hold a role, and how many of them have a second factor."""

    people: int = 0
    ready: int = 0


async def required() -> frozenset[str]:
    """Return the roles that ask for a second factor."""
    value = await fetchval("SELECT value FROM core_setting WHERE name = $1", _NAME)
    return frozenset(str(value).split(",")) if value else frozenset()


async def require(actor: Actor, roles: Iterable[str]) -> None:
    """Decide which roles ask for a second factor.

    Raises Refused for an unknown role, and for one's own before one has a second factor.
    """
    if not can(actor, "site.administer"):
        raise Denied(_("Seule l’administration du site décide de cela."))
    wanted = frozenset(roles)
    if not wanted <= set(ROLES):
        raise Refused(_("Choisissez des rôles de la liste."), "roles")
    if not has_second(actor.factors) and _asked(wanted, actor):
        raise Refused(
            _(
                "Votre propre rôle en serait privé : ajoutez d’abord une deuxième étape à votre"
                " compte, puis reconnectez-vous avec elle."
            ),
            "roles",
        )
    value = ",".join(role for role in ROLES if role in wanted)
    async with transaction() as connection:
        await connection.execute(
            "INSERT INTO core_setting (name, value) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET value = $2",
            _NAME,
            value,
        )
        await audit.record(
            actor, "second_factor.required", kind="site", object_id="site", roles=value
        )


async def counts() -> dict[str, Count]:
    """Return for each role how many people hold it, and how many have a second factor."""
    rows = await fetch(_COUNTS)
    return {row["role"]: Count(row["people"], row["ready"]) for row in rows}


async def awake(actor: Actor) -> Actor:
    """Return `actor` as their session lets them act: roles that ask for more than it has sleep."""
    if has_second(actor.factors) or not (actor.roles or actor.site_roles):
        return actor
    if not _asked(await required(), actor):
        return actor
    return replace(actor, roles={}, site_roles=frozenset(), below=frozenset(), asleep=True)


def _asked(roles: frozenset[str], actor: Actor) -> bool:
    """Whether one of the actor's roles is among those that ask."""
    return not roles.isdisjoint({*actor.site_roles, *actor.roles.values()})
