"""Opening an account by oneself, where the site allows it: ask, confirm by mail, choose a name.

Whoever asks learns nothing about who has an account: a letter leaves in both cases, and only the
owner of the address reads which. The new account has no role anywhere.
"""

from palabre import i18n
from palabre.audit import domain as audit
from palabre.database.connection import transaction
from palabre.errors import NotFound
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import ways_in
from palabre.people.domain import clean_email, create_user
from palabre.people.models import User
from palabre.people.permissions import ANONYMOUS, Actor
from palabre.people.ways_in import Holder, Purpose
from palabre.settings import Settings


async def ask(settings: Settings, email: str) -> None:
    """Send a link to open an account, or word that there is one; raises Refused for no address."""
    address = clean_email(email)
    known = await User.get_or_none(email=address)
    closed = known is not None and not known.is_active
    async with transaction() as connection:
        token = await ways_in.make(
            connection, Purpose.REGISTRATION, Holder(None, None if known else address)
        )
        await mail.queue(
            None if closed else address,
            "registration-known" if known else "registration",
            language=known.language if known else i18n.language.get(),
            site=settings.site_name,
            link=f"{settings.origin}/connexion"
            if known
            else f"{settings.origin}/inscription/{token}",
        )
        await audit.record(
            ANONYMOUS,
            "registration.asked",
            kind="account",
            object_id=known.id if known else "unknown",
        )


async def address_of(token: str) -> str:
    """Return which address the link confirms, and leave it; raises NotFound."""
    return _address(await ways_in.holder_of(Purpose.REGISTRATION, token))


async def register(token: str, display_name: str, password: str) -> User:
    """Open the account, once.

    Raises NotFound when the link is no longer good, Refused for a name or password that can't be
    used; the link then stays.
    """
    async with transaction() as connection:
        address = _address(await ways_in.use(connection, Purpose.REGISTRATION, token))
        user = await create_user(address, display_name, password)
        await audit.record(
            Actor(user_id=user.id), "registration.done", kind="account", object_id=user.id
        )
    return user


def _address(holder: Holder) -> str:
    if holder.email is None:
        raise NotFound(_("Ce lien a déjà servi ou a expiré. Demandez-en un nouveau."))
    return holder.email
