"""The second factors of an account together: which there are, how they come and go.

Whatever changes them ends the account's sessions (the page that did it opens a fresh one), is
written in the journal, and is told to the person by mail.
"""

from dataclasses import dataclass
from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import Connection, fetchval, transaction
from palabre.errors import Denied, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.i18n import marked
from palabre.mail import domain as mail
from palabre.people.factors import application, passkeys, recovery_codes, steps
from palabre.people.factors.passkeys import Passkey, Place
from palabre.people.factors.required import HELD
from palabre.people.factors.values import Factor
from palabre.people.models import Role, User
from palabre.people.permissions import Actor
from palabre.people.sessions import actor_of_user, end_all_devices
from palabre.settings import Settings
from palabre.vault import Vault

_ANY = f"SELECT {HELD} FROM core_user u WHERE u.id = $1"  # noqa: S608  own words
_HAS_APPLICATION = (
    "SELECT EXISTS (SELECT FROM core_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL)"
)
# What the letters say, after "Bonjour".
ADDED = {
    Factor.TOTP: marked(
        "Une application d’authentification vient d’être ajoutée à votre compte sur {site}."
    ),
    Factor.PASSKEY: marked("Une clé d’accès vient d’être ajoutée à votre compte sur {site}."),
}
REMOVED = {
    Factor.TOTP: marked(
        "L’application d’authentification de votre compte sur {site} vient d’être retirée."
    ),
    Factor.PASSKEY: marked("Une clé d’accès de votre compte sur {site} vient d’être retirée."),
}
RENEWED = marked(
    "De nouveaux codes de secours viennent d’être faits pour votre compte sur {site} ; les anciens ne servent plus."
)
USED = marked("Un code de secours vient de servir à entrer dans votre compte sur {site}.")
COPIED = marked(
    "Une clé d’accès de votre compte sur {site} a été refusée : elle a peut-être été copiée. Retirez-la."
)
RESET = marked(
    "L’équipe a retiré les deuxièmes étapes de votre compte sur {site} : application, clés d’accès et codes de secours."
)


@dataclass(frozen=True, slots=True)
class Methods:
    """What an account has beside its first factor; `codes` are the recovery codes left."""

    application: bool
    passkeys: list[Passkey]
    codes: int

    def __bool__(self) -> bool:
        return self.application or bool(self.passkeys)


async def methods_of(user_id: UUID) -> Methods:
    """Return an account's second factors."""
    return Methods(
        bool(await fetchval(_HAS_APPLICATION, user_id)),
        await passkeys.passkeys_of(user_id),
        await recovery_codes.left(user_id),
    )


async def has_any(user_id: UUID) -> bool:
    """Whether an account has a second factor, which then every way in asks for."""
    return bool(await fetchval(_ANY, user_id))


async def add_application(settings: Settings, user: User, code: str) -> list[str]:
    """Take an application into use with its first code.

    Returns the recovery codes to show, none when the account has some. Raises Refused.
    """
    async with transaction() as connection:
        await application.confirm(connection, Vault.of(settings), user.id, code)
        return await _added(connection, settings, user, Factor.TOTP)


async def add_passkey(
    settings: Settings, place: Place, user: User, answer: str, name: str
) -> list[str]:
    """Keep the passkey that a browser made; returns and raises as `add_application`."""
    made = await passkeys.made(place, user.id, answer)
    async with transaction() as connection:
        await passkeys.keep(connection, user.id, made, name)
        return await _added(connection, settings, user, Factor.PASSKEY)


async def remove_application(settings: Settings, user: User) -> None:
    """Take the application away; none is nothing to take."""
    async with transaction() as connection:
        done = await connection.execute("DELETE FROM core_totp WHERE user_id = $1", user.id)
        await _removed(connection, settings, user, Factor.TOTP, done)


async def remove_passkey(settings: Settings, user: User, handle: UUID) -> None:
    """Take a passkey away; somebody else's, or none, is nothing to take."""
    async with transaction() as connection:
        done = await connection.execute(
            "DELETE FROM core_passkey WHERE user_id = $1 AND handle = $2", user.id, handle
        )
        await _removed(connection, settings, user, Factor.PASSKEY, done)


async def renew_codes(settings: Settings, user: User) -> list[str]:
    """Return new recovery codes in place of the old ones; raises Refused without a second factor."""
    if not await has_any(user.id):
        raise Refused(_("Les codes de secours vont avec une application ou une clé d’accès."))
    async with transaction() as connection:
        codes = await recovery_codes.renew(connection, user.id)
        await tell(settings, user, RENEWED)
        await _note(Actor(user_id=user.id), user, "recovery_codes.made")
    return codes


async def use_code(settings: Settings, user: User, code: str) -> None:
    """Pass with a recovery code, which is used up; raises Refused."""
    async with transaction():
        await recovery_codes.use(user.id, code)
        await tell(settings, user, USED)
        await _note(Actor(user_id=user.id), user, "recovery_code.used")


async def reset(actor: Actor, settings: Settings, user: User) -> None:
    """Take all second factors of somebody who lost them away, once their identity was checked.

    What remains is their first factor. Raises Denied for who may not (`may_reset`), Refused when
    there is nothing to take away.
    """
    if not may_reset(actor, await actor_of_user(user)):
        raise Denied(_("Seule l’administration du site peut le faire pour cette personne."))
    async with transaction() as connection:
        if not await has_any(user.id):
            raise Refused(_("Ce compte n’a pas de deuxième étape : il n’y a rien à retirer."))
        await connection.execute("DELETE FROM core_totp WHERE user_id = $1", user.id)
        await connection.execute("DELETE FROM core_passkey WHERE user_id = $1", user.id)
        await recovery_codes.forget(connection, user.id)
        await _end_everywhere(connection, user)
        await tell(settings, user, RESET)
        await _note(actor, user, "factors.reset")


def may_reset(actor: Actor, person: Actor) -> bool:
    """Whether `actor` may take `person`'s second factors away: never their own.

    An administrator may; an owner may for who has no role beyond the organisations they own, since
    nobody else would be asked about what that person's account opens.
    """
    if actor.user_id == person.user_id and not actor.is_system:
        return False
    if actor.is_administrator:
        return True
    owned = {id_ for id_, role in actor.roles.items() if role is Role.OWNER}
    return not person.site_roles and bool(person.roles) and owned.issuperset(person.roles)


async def user_with(email: str) -> User:
    """Return the account of an address; raises NotFound."""
    user = await User.get_or_none(email=email.strip().lower(), is_active=True)
    if user is None:
        raise NotFound(_("Aucun compte n’a cette adresse."))
    return user


async def tell(settings: Settings, user: User, what: str) -> None:
    """Write to the person that their ways in have changed."""
    await mail.queue(
        user.email,
        "ways-in-changed",
        language=user.language,
        what=what,
        site=settings.site_name,
        link=f"{settings.origin}/compte/securite",
    )


async def _added(
    connection: Connection, settings: Settings, user: User, factor: Factor
) -> list[str]:
    codes = []
    if not await recovery_codes.left(user.id):
        codes = await recovery_codes.renew(connection, user.id)
    await _end_everywhere(connection, user)
    await tell(settings, user, ADDED[factor])
    await _note(Actor(user_id=user.id), user, "factor.added", factor=factor)
    return codes


async def _removed(
    connection: Connection, settings: Settings, user: User, factor: Factor, done: str
) -> None:
    if done.endswith(" 0"):
        return
    if not await has_any(user.id):
        await recovery_codes.forget(connection, user.id)
    await _end_everywhere(connection, user)
    await tell(settings, user, REMOVED[factor])
    await _note(Actor(user_id=user.id), user, "factor.removed", factor=factor)


async def _end_everywhere(connection: Connection, user: User) -> None:
    await steps.end_all(connection, user.id)
    await end_all_devices(user.id)


async def _note(actor: Actor, user: User, action: str, **facts: str) -> None:
    await audit.record(actor, action, kind="account", object_id=user.id, **facts)
