"""Coming in by mail: a link to sign in, or to choose a new password.

Whoever asks learns nothing about who has an account: the answer is the same, and so is the work.
"""

from palabre import i18n
from palabre.audit import domain as audit
from palabre.database.connection import transaction
from palabre.errors import NotFound
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import ways_in
from palabre.people.account import store_password
from palabre.people.domain import clean_email
from palabre.people.models import User
from palabre.people.passwords import hash_password
from palabre.people.permissions import ANONYMOUS, Actor
from palabre.people.ways_in import Holder, Purpose
from palabre.settings import Settings

PATHS = {Purpose.RESET: "/mot-de-passe", Purpose.LINK: "/connexion/lien"}


async def ask(settings: Settings, purpose: Purpose, email: str) -> None:
    """Send a link to this address if it has an account; raises Refused when it is none at all."""
    address = clean_email(email)
    user = await User.get_or_none(email=address, is_active=True)
    async with transaction() as connection:
        holder = Holder(user.id if user else None, None)
        token = await ways_in.make(connection, purpose, holder)
        await mail.queue(
            address if user else None,
            purpose,
            language=user.language if user else i18n.language.get(),
            site=settings.site_name,
            link=f"{settings.origin}{PATHS[purpose]}/{token}",
        )
        await audit.record(
            ANONYMOUS,
            f"{purpose}.asked",
            kind="account",
            object_id=user.id if user else "unknown",
        )


async def user_of(purpose: Purpose, token: str) -> User:
    """Return whose link this is, without using it; raises NotFound when it is no longer good."""
    return await _active(await ways_in.holder_of(purpose, token))


async def sign_in(token: str) -> User:
    """Use a link to sign in, once; raises NotFound when it is no longer good."""
    async with transaction() as connection:
        user = await _active(await ways_in.use(connection, Purpose.LINK, token))
        await audit.record(Actor(user_id=user.id), "link.used", kind="account", object_id=user.id)
    return user


async def reset_password(settings: Settings, token: str, password: str) -> None:
    """Use a link to choose a new password, once; all sessions and links of the account end.

    Raises NotFound when the link is no longer good, Refused for a password that can't be used;
    the link then stays.
    """
    user = await user_of(Purpose.RESET, token)
    hashed = await hash_password(password, (user.email, user.display_name))
    async with transaction() as connection:
        await ways_in.use(connection, Purpose.RESET, token)
        await store_password(settings, user, hashed)


async def _active(holder: Holder) -> User:
    user = await User.get_or_none(id=holder.user_id, is_active=True)
    if user is None:
        raise NotFound(_("Ce lien a déjà servi ou a expiré. Demandez-en un nouveau."))
    return user
