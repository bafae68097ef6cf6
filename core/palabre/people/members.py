"""Who belongs to an organisation: listed, invited, given another role, removed.

Each change is its owners' (or an administrator's) to make. An organisation never loses its last
owner: changes that could take one away queue for the organisation's row.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from palabre import i18n
from palabre.audit import domain as audit
from palabre.database.connection import Connection, fetch, transaction
from palabre.errors import Denied, NotFound, Refused
from palabre.i18n import gettext as _
from palabre.mail import domain as mail
from palabre.people import domain
from palabre.people.factors.required import HELD
from palabre.people.models import Invitation, Membership, Organisation, Role, User
from palabre.people.permissions import Actor, can
from palabre.settings import Settings


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role in an organisation, as its owners see them."""

    user_id: UUID
    name: str
    email: str
    role: Role
    has_second_factor: bool


async def members_of(organisation: Organisation) -> list[Member]:
    """Return the members, owners first, then by name."""
    rows = await fetch(
        f"SELECT u.id, u.display_name, u.email, m.role, {HELD} FROM core_membership m"  # noqa: S608  own words
        " JOIN core_user u ON u.id = m.user_id"
        " WHERE m.organisation_id = $1 AND u.is_active"
        " ORDER BY array_position($2::text[], m.role), lower(u.display_name), u.id",
        organisation.id,
        list(Role),
    )
    return [Member(row[0], row[1], row[2], Role(row[3]), row[4]) for row in rows]


async def member(organisation: Organisation, user_id: UUID) -> User:
    """Return a member's account; raises NotFound for who is none."""
    user = await User.get_or_none(id=user_id, is_active=True)
    if not user or not await Membership.exists(user_id=user_id, organisation_id=organisation.id):
        raise NotFound(_("Cette personne n’est pas membre de l’organisation."))
    return user


async def invitations_of(organisation: Organisation) -> list[Invitation]:
    """Return the invitations that nobody has used yet and that are still good, newest first."""
    return (
        await Invitation.filter(
            organisation_id=organisation.id, used_at=None, expires_at__gt=datetime.now(UTC)
        )
        .order_by("-created_at")
        .select_related("hands_over")
    )


async def invite(
    actor: Actor, settings: Settings, organisation: Organisation, email: str, role: Role
) -> None:
    """Send an invitation by mail; an earlier one for the same address ends.

    Raises Refused for an address that is none or belongs to a member.
    """
    _check(actor, organisation)
    address = domain.clean_email(email)
    known = await User.get_or_none(email=address)
    if known and await Membership.exists(user_id=known.id, organisation_id=organisation.id):
        raise Refused(_("Cette personne est déjà membre : changez plutôt son rôle."), "email")
    async with transaction():
        await Invitation.filter(
            organisation_id=organisation.id, email=address, used_at=None
        ).delete()
        token = await domain.invite(address, organisation=organisation, role=role, actor=actor)
        await mail.queue(
            address,
            "invitation",
            language=i18n.language.get(),
            name=organisation.name,
            site=settings.site_name,
            link=f"{settings.origin}/invitation/{token}",
        )


async def withdraw(actor: Actor, organisation: Organisation, handle: UUID) -> None:
    """End an invitation of this organisation; one already used or gone is nothing to end."""
    _check(actor, organisation)
    async with transaction():
        count = await Invitation.filter(
            handle=handle, organisation_id=organisation.id, used_at=None
        ).delete()
        if count:
            await audit.record(
                actor, "invitation.withdrawn", kind="organisation", object_id=organisation.id
            )


async def change_role(actor: Actor, organisation: Organisation, user_id: UUID, role: Role) -> None:
    """Give a member another role; raises Refused when that leaves no owner."""
    _check(actor, organisation)
    async with transaction() as connection:
        before = await _role_of(connection, organisation, user_id)
        if before is Role.OWNER and role is not Role.OWNER:
            await _keep_an_owner(connection, organisation, user_id)
        await Membership.filter(user_id=user_id, organisation_id=organisation.id).update(role=role)
        await audit.record(
            actor,
            "member.changed",
            kind="organisation",
            object_id=organisation.id,
            account=str(user_id),
            role=str(role),
            before=str(before),
        )


async def remove(actor: Actor, organisation: Organisation, user_id: UUID) -> None:
    """End a membership; raises Refused when that leaves no owner."""
    _check(actor, organisation)
    await _end(actor, organisation, user_id, "member.removed")


async def leave(actor: Actor, organisation: Organisation) -> None:
    """End one's own membership; raises NotFound without one, Refused for the last owner."""
    if actor.user_id is None:
        raise NotFound(_("Cette personne n’est pas membre de l’organisation."))
    await _end(actor, organisation, actor.user_id, "member.left")


async def _end(actor: Actor, organisation: Organisation, user_id: UUID, action: str) -> None:
    async with transaction() as connection:
        before = await _role_of(connection, organisation, user_id)
        if before is Role.OWNER:
            await _keep_an_owner(connection, organisation, user_id)
        await Membership.filter(user_id=user_id, organisation_id=organisation.id).delete()
        await audit.record(
            actor,
            action,
            kind="organisation",
            object_id=organisation.id,
            account=str(user_id),
            before=str(before),
        )


def _check(actor: Actor, organisation: Organisation) -> None:
    if not can(actor, "organisation.edit", organisation):
        raise Denied(
            _("Seules les personnes responsables de cette organisation voient ses membres.")
        )


async def _role_of(connection: Connection, organisation: Organisation, user_id: UUID) -> Role:
    """Return a member's role after waiting for other changes of members to end."""
    await connection.execute(
        "SELECT FROM core_organisation WHERE id = $1 FOR NO KEY UPDATE", organisation.id
    )
    role = await connection.fetchval(
        "SELECT role FROM core_membership WHERE organisation_id = $1 AND user_id = $2",
        organisation.id,
        user_id,
    )
    if role is None:
        raise NotFound(_("Cette personne n’est pas membre de l’organisation."))
    return Role(role)


async def _keep_an_owner(connection: Connection, organisation: Organisation, leaving: UUID) -> None:
    """Raise Refused unless an owner with an open account remains without `leaving`."""
    stays = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM core_membership m JOIN core_user u ON u.id = m.user_id"
        " WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.is_active AND u.id <> $2)",
        organisation.id,
        leaving,
    )
    if not stays:
        raise Refused(
            _(
                "Une organisation garde toujours une personne responsable : nommez-en d’abord une autre."
            )
        )
