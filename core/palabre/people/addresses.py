"""Another address for an account: asked for, confirmed from there, and told to the old one.

Whoever asks doesn't learn whether somebody else has the address: a letter leaves in both cases,
and only its reader sees which.
"""

from tortoise.exceptions import IntegrityError

from palabre.audit import domain as audit
from palabre.database.connection import transaction
from palabre.errors import NotFound, Refused
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import ways_in
from palabre.people.domain import clean_email
from palabre.people.models import User
from palabre.people.permissions import Actor
from palabre.people.sessions import end_other_devices
from palabre.people.ways_in import Holder, Purpose
from palabre.settings import Settings


async def ask(settings: Settings, user: User, email: str) -> None:
    """Send a link to the new address and word to the old one; raises Refused for "email"."""
    address = clean_email(email)
    if address == user.email:
        raise Refused(_("C’est déjà l’adresse de votre compte."), field="email")
    known = await User.get_or_none(email=address)
    async with transaction() as connection:
        token = await ways_in.make(
            connection, Purpose.ADDRESS, Holder(user.id, None if known else address)
        )
        await mail.queue(
            address if known is None or known.is_active else None,
            "registration-known" if known else "address",
            language=known.language if known else user.language,
            site=settings.site_name,
            link=f"{settings.origin}/{'connexion' if known else f'compte/adresse/{token}'}",
        )
        await _tell(settings, user, "address-asked")
        await _record(user, "address.asked")


async def address_of(user: User, token: str) -> str:
    """Return the address that the link confirms for `user`, and leave it; raises NotFound."""
    return _address(user, await ways_in.holder_of(Purpose.ADDRESS, token))


async def change(settings: Settings, user: User, token: str, session: str) -> None:
    """Give the account its new address: its links and all sessions but this one end.

    Raises NotFound when the link is no longer good, Refused when the address has got an account
    of its own meanwhile.
    """
    try:
        async with transaction() as connection:
            address = _address(user, await ways_in.use(connection, Purpose.ADDRESS, token))
            await User.filter(id=user.id).update(email=address)
            await ways_in.forget_all(connection, user.id)
            await _tell(settings, user, "address-changed")
            await end_other_devices(user.id, session)
            await _record(user, "address.changed")
    except IntegrityError as error:
        raise Refused(_("Cette adresse a déjà un compte."), field="email") from error


async def _tell(settings: Settings, user: User, template: str) -> None:
    """Write to the address that the account still has, or had."""
    await mail.queue(
        user.email,
        template,
        language=user.language,
        site=settings.site_name,
        link=f"{settings.origin}/mot-de-passe-oublie",
    )


async def _record(user: User, action: str) -> None:
    await audit.record(Actor(user_id=user.id), action, kind="account", object_id=user.id)


def _address(user: User, holder: Holder) -> str:
    if holder.email is None or holder.user_id != user.id:
        raise NotFound(_("Ce lien a déjà servi ou a expiré. Demandez-en un nouveau."))
    return holder.email
