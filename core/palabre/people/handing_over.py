"""An owner names another in their own place, in one step: nobody is missing in between.

A member takes over at once. Anybody else gets a link by mail, and the owner stays one until it is
accepted; then both changes are one transaction, queued for the organisation's row like every change
that could take an owner away (`people.members`).
"""

from uuid import UUID

from palabre import i18n
from palabre.audit import domain as audit
from palabre.database.connection import Connection, transaction
from palabre.errors import Denied, Refused
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import domain
from palabre.people.models import Invitation, Membership, Organisation, Role, User
from palabre.people.permissions import Actor
from palabre.settings import Settings

KEEPS = (Role.EDITOR, Role.CONTRIBUTOR, None)  # what the former owner may go on as; None: leaves


def check_owner(actor: Actor, organisation: Organisation) -> None:
    """Raise Denied unless the actor is an owner: nobody hands over what they don't have."""
    if actor.user_id is None or actor.roles.get(organisation.id) is not Role.OWNER:
        raise Denied(_("Seule une personne responsable transmet sa responsabilité."))


async def hand_over(
    actor: Actor, settings: Settings, organisation: Organisation, email: str, keeps: Role | None
) -> bool:
    """Name the person with this address owner in the actor's place.

    Returns whether it is done: True for a member, False when a link went out that is still to be
    accepted. Raises Denied, or Refused for an address that can't be it.
    """
    check_owner(actor, organisation)
    address = domain.clean_email(email)
    user = await User.get_or_none(email=address)
    if user is not None and user.id == actor.user_id:
        raise Refused(_("C’est déjà vous : nommez une autre personne."), "email")
    member = user and await Membership.exists(user_id=user.id, organisation_id=organisation.id)
    async with transaction() as connection:
        if user is not None and member:
            if not user.is_active:
                raise Refused(_("Le compte de cette personne est fermé."), "email")
            await _exchange(connection, actor, organisation.id, user.id, actor.user_id, keeps)
            return True
        if settings.smtp_url is None:
            raise Refused(
                _("Ce site n’envoie pas de courriels : nommez une personne déjà membre."), "email"
            )
        await _invite(actor, settings, organisation, address, keeps)
    return False


async def take_over(connection: Connection, user: User, invitation: Invitation) -> None:
    """Let whoever accepts such an invitation take the place of the one who sent it.

    Raises Refused when that one is no owner any more: what they no longer have they can't give.
    """
    giver = invitation.hands_over_id
    if invitation.organisation_id is None or giver is None:
        raise AssertionError("such an invitation names an organisation and who hands it over")
    keeps = Role(invitation.keeps) if invitation.keeps else None
    actor = Actor(user_id=user.id)
    await _exchange(connection, actor, invitation.organisation_id, user.id, giver, keeps)


async def _exchange(
    connection: Connection,
    actor: Actor,
    organisation_id: UUID,
    taker: UUID,
    giver: UUID | None,
    keeps: Role | None,
) -> None:
    await connection.execute(
        "SELECT FROM core_organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id
    )
    held = Membership.filter(user_id=giver, organisation_id=organisation_id, role=Role.OWNER)
    if not await held.exists():
        raise Refused(_("La personne qui transmet cette organisation n’en est plus responsable."))
    await Membership.update_or_create(
        {"role": Role.OWNER}, user_id=taker, organisation_id=organisation_id
    )
    if taker != giver:
        await (held.delete() if keeps is None else held.update(role=keeps))
    await audit.record(
        actor,
        "organisation.handed_over",
        kind="organisation",
        object_id=organisation_id,
        account=str(giver),
        to=str(taker),
        keeps=str(keeps or ""),
    )


async def _invite(
    actor: Actor, settings: Settings, organisation: Organisation, address: str, keeps: Role | None
) -> None:
    """Send the link; an earlier one of this owner, or for this address, ends."""
    unused = Invitation.filter(organisation_id=organisation.id, used_at=None)
    await unused.filter(email=address).delete()
    await unused.filter(hands_over_id=actor.user_id).delete()
    token = await domain.invite(address, organisation=organisation, role=Role.OWNER, actor=actor)
    sent = Invitation.filter(organisation_id=organisation.id, email=address, used_at=None)
    await sent.update(hands_over_id=actor.user_id, keeps=keeps or "")
    await mail.queue(
        address,
        "handing-over",
        language=i18n.language.get(),
        name=organisation.name,
        giver=actor.name,
        site=settings.site_name,
        link=f"{settings.origin}/invitation/{token}",
    )
