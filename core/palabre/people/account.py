"""What people change about their own account: how they are called, and how they come in."""

from uuid import UUID

from palabre.audit import domain as audit
from palabre.database.connection import transaction
from palabre.errors import Refused
from palabre.i18n import LANGUAGES
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import ways_in
from palabre.people.domain import clean_name
from palabre.people.factors import steps
from palabre.people.models import User
from palabre.people.passwords import hash_password, verify_password
from palabre.people.permissions import Actor
from palabre.people.sessions import end_all_devices
from palabre.settings import Settings


async def update_profile(user_id: UUID, display_name: str, language: str) -> None:
    """Change how a user is called, and in which language letters to them are written."""
    name = clean_name(display_name)
    if language not in LANGUAGES:
        raise Refused(_("Choisissez une langue de la liste."), field="language")
    async with transaction():
        await User.filter(id=user_id).update(display_name=name, language=language)
        await audit.record(
            Actor(user_id=user_id), "account.changed", kind="account", object_id=user_id
        )


async def change_password(settings: Settings, user: User, old: str, new: str) -> None:
    """Change a password for who knows the old one; all sessions of the account end.

    Raises Refused for the field "old" or "password".
    """
    if not await verify_password(user.password_hash, old):
        await audit.record(
            Actor(user_id=user.id), "password.refused", kind="account", object_id=user.id
        )
        raise Refused(_("Ce n’est pas votre mot de passe actuel."), field="old")
    hashed = await hash_password(new, (user.email, user.display_name))
    async with transaction():
        await store_password(settings, user, hashed)


async def store_password(settings: Settings, user: User, hashed: str) -> None:
    """Give an account another password: its sessions and links end, and a letter says so.

    Belongs into the caller's transaction.
    """
    await User.filter(id=user.id).update(password_hash=hashed)
    async with transaction() as connection:
        await ways_in.forget_all(connection, user.id)
        await steps.end_all(connection, user.id)
    await mail.queue(
        user.email,
        "password-changed",
        language=user.language,
        site=settings.site_name,
        link=f"{settings.origin}/mot-de-passe-oublie",
    )
    await end_all_devices(user.id)
    await audit.record(
        Actor(user_id=user.id), "password.changed", kind="account", object_id=user.id
    )
