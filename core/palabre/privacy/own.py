"""What people do with their own data: prove who they are, see what names them, have it erased.

A browser left open must not be enough for that.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from palabre.audit import domain as audit
from palabre.database.connection import fetch, transaction
from palabre.errors import Refused
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people.factors.values import FRESH
from palabre.people.models import User
from palabre.people.passwords import verify_password
from palabre.people.permissions import Actor
from palabre.privacy.erasure import UNDO, Alone, Reason, alone_in, want
from palabre.settings import Settings
from palabre.web.text import day

MENTIONS = 50  # events listed at most

# In the events of one's own organisations, and those that one wrote.
_MENTIONS = """
SELECT e.slug, e.title FROM core_event e
WHERE (e.created_by_id = $1 OR e.organisation_id IN
       (SELECT m.organisation_id FROM core_membership m WHERE m.user_id = $1))
  AND EXISTS (SELECT FROM unnest($2::text[]) word WHERE position(lower(word) IN lower(
      concat_ws(' ', e.title, e.description, e.translations, e.overrides, e.price_text, e.url,
                e.online_url, e.image_credit))) > 0)
ORDER BY e.last_at DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Mention:
    """An event whose text names the person: it belongs to its organisation and stays."""

    slug: str
    title: str


async def prove(actor: Actor, user: User, password: str) -> None:
    """Return when whoever asks has just proved to be `user`; raises Refused for "password".

    By the password where there is one, else by having signed in a moment ago.
    """
    if user.password_hash is not None:
        if await verify_password(user.password_hash, password):
            return
        await audit.record(actor, "password.refused", kind="account", object_id=user.id)
        raise Refused(_("Ce n’est pas votre mot de passe."), "password")
    if actor.proved_at is None or datetime.now(UTC) - actor.proved_at > FRESH:
        raise Refused(
            _(
                "Par sécurité, déconnectez-vous, reconnectez-vous, puis revenez ici dans le quart"
                " d’heure."
            ),
            "password",
        )


async def ask_erasure(actor: Actor, settings: Settings, user: User) -> datetime:
    """Plan the erasure of one's own account and write to its address; returns the day.

    Raises Alone when an organisation would be left without anybody responsible.
    """
    alone = await alone_in(user.id)
    if alone:
        raise Alone(alone)
    now = datetime.now(UTC)
    due = now + UNDO
    async with transaction() as connection:
        await want(connection, user.id, Reason.OWN, now, due)
        await mail.queue(
            user.email,
            "erasure",
            language=user.language,
            site=settings.site_name,
            date=day(due, settings.time_zone),
            link=f"{settings.origin}/compte/donnees",
        )
        await audit.record(actor, "erasure.asked", kind="account", object_id=user.id)
    return due


async def mentions(user: User) -> list[Mention]:
    """Return the events whose texts hold the person's name or address, the latest first."""
    rows = await fetch(_MENTIONS, user.id, [user.email, user.display_name], MENTIONS)
    return [Mention(row["slug"], row["title"]) for row in rows]
