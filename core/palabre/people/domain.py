"""What people do with accounts and organisations: sign in, invite, accept."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from tortoise.exceptions import IntegrityError

from palabre.audit import domain as audit
from palabre.database.connection import Connection, transaction
from palabre.database.slugs import slugify
from palabre.errors import NotFound, Refused
from palabre.events.texts import line
from palabre.i18n import gettext as _
from palabre.organisations.merged import hold
from palabre.people.models import (
    Invitation,
    Membership,
    Organisation,
    OrganisationKind,
    Role,
    SiteRole,
    User,
)
from palabre.people.passwords import hash_password, verify_password
from palabre.people.permissions import ANONYMOUS, SYSTEM, Actor

INVITATION_LASTS = timedelta(days=7)
MAX_NAME = 120
_EMAIL = re.compile(r"[^\s@\x00-\x1f<>\"',;:()\[\]\\]{1,64}@[a-z0-9.-]{1,180}\.[a-z0-9-]{2,63}")


async def authenticate(email: str, password: str) -> User:
    """Return the user with this address and password.

    Raises Refused with one and the same sentence, after the same time, whether the address is
    unknown, the account closed or the password wrong.
    """
    user = await User.get_or_none(email=email.strip().lower(), is_active=True)
    right = await verify_password(user.password_hash if user else None, password)
    if user is None or not right:
        known = user.id if user else "unknown"
        await audit.record(ANONYMOUS, "login.failed", kind="account", object_id=known)
        raise Refused(_("Adresse ou mot de passe incorrect. Vérifiez les deux et réessayez."))
    return user


async def create_user(
    email: str,
    display_name: str,
    password: str | None,
    *,
    site_roles: frozenset[SiteRole] = frozenset(),
    is_demo: bool = False,
) -> User:
    """Create an account; raises Refused when the address is taken or something can't be used."""
    name, address = clean_name(display_name), clean_email(email)
    hashed = None if password is None else await hash_password(password, (address, name))
    try:
        async with transaction():
            made = await User.create(
                email=address,
                display_name=name,
                password_hash=hashed,
                site_roles=sorted(site_roles),
                is_demo=is_demo,
            )
            roles = ",".join(made.site_roles)
            await audit.record(
                SYSTEM, "account.created", kind="account", object_id=made.id, site_roles=roles
            )
            return made
    except IntegrityError as error:
        raise Refused(_("Cette adresse a déjà un compte."), field="email") from error


async def create_organisation(
    name: str,
    *,
    kind: OrganisationKind = OrganisationKind.ASSOCIATION,
    slug: str = "",
    commune: str = "",
    description: str = "",
    is_demo: bool = False,
    actor: Actor = SYSTEM,
) -> Organisation:
    """Create an organisation under a free slug; raises Refused when name or slug can't be used."""
    cleaned = " ".join(name.split())
    wanted = slugify(slug or cleaned)
    if not cleaned or len(cleaned) > MAX_NAME or not wanted:
        raise Refused(_("Indiquez un nom, de 120 caractères au plus."), field="name")
    try:
        async with transaction():
            made = await Organisation.create(
                name=cleaned,
                slug=wanted,
                kind=kind,
                commune=commune,
                description=description,
                is_demo=is_demo,
            )
            await audit.record(
                actor, "organisation.created", kind="organisation", object_id=made.id
            )
            return made
    except IntegrityError as error:
        raise Refused(
            _("Une organisation porte déjà l’adresse « {slug} ».").format(slug=wanted), field="slug"
        ) from error


async def organisation_by_slug(slug: str) -> Organisation:
    """Return the organisation at this address; raises NotFound, for a merged one too."""
    found = await Organisation.get_or_none(slug=slug, merged_into_id=None)
    if found is None:
        raise NotFound(_("Aucune organisation n’a l’adresse « {slug} ».").format(slug=slug))
    return found


async def invite(
    email: str,
    *,
    organisation: Organisation | None = None,
    role: Role | None = None,
    site_roles: frozenset[SiteRole] = frozenset(),
    actor: Actor = SYSTEM,
) -> str:
    """Invite an address; returns the token of its link, shown this once and valid for 7 days."""
    if (organisation is None) != (role is None):
        raise Refused(_("Une invitation dans une organisation va avec un rôle."), field="role")
    if organisation is None and not site_roles:
        raise Refused(_("Une invitation donne au moins un rôle."), field="role")
    token = secrets.token_urlsafe(32)
    async with transaction():
        await Invitation.create(
            token_hash=hash_of(token),
            email=clean_email(email),
            organisation_id=organisation.id if organisation else None,
            role=role,
            site_roles=sorted(site_roles),
            expires_at=datetime.now(UTC) + INVITATION_LASTS,
        )
        await audit.record(
            actor,
            "invitation.made",
            kind="organisation" if organisation else "site",
            object_id=organisation.id if organisation else "site",
            role=str(role or ""),
            site_roles=",".join(sorted(site_roles)),
        )
    return token


async def pending_invitation(token: str) -> Invitation:
    """Return the invitation that `token` opens; raises NotFound when used, expired or unknown."""
    return await invitation_by_hash(hash_of(token))


async def invitation_by_hash(token_hash: bytes) -> Invitation:
    """Return the invitation of which this is the token's hash; raises NotFound as above."""
    invitation = (
        await Invitation.filter(
            token_hash=token_hash, used_at=None, expires_at__gt=datetime.now(UTC)
        )
        .select_related("organisation", "hands_over")
        .first()
    )
    if invitation is None:
        raise NotFound(_("Cette invitation a déjà servi ou a expiré. Demandez-en une nouvelle."))
    return invitation


async def invitations_for(email: str) -> list[Invitation]:
    """Return the invitations that wait for this address, oldest first.

    Without those that offer somebody's place: that is taken by opening their link, not by the way.
    """
    waiting = Invitation.filter(
        email=email, used_at=None, expires_at__gt=datetime.now(UTC), hands_over_id=None
    )
    return await waiting.select_related("organisation").order_by("created_at")


async def accept_invitation(
    token: str, display_name: str, password: str, signed_in: UUID | None = None
) -> User:
    """Turn an invitation into an account with its roles; a token works once, even in a race.

    The address's existing account gets the roles after proving its password, or at once when it is
    the one that is `signed_in`. Raises NotFound for a token that is no longer good, Refused for a
    name or password that can't be used; the invitation then stays open.
    """
    invitation = await pending_invitation(token)
    user = await User.get_or_none(email=invitation.email)
    if user is not None and user.id != signed_in:
        await authenticate(invitation.email, password)
    return await accept(invitation, user, display_name, password)


async def accept(
    invitation: Invitation, user: User | None, display_name: str = "", password: str | None = None
) -> User:
    """Give `user` what the invitation promises, or a new account when there is none.

    Whoever calls has made sure that it is them. Raises as `accept_invitation`.
    """
    async with transaction() as connection:
        invitation = await _taken(connection, invitation)
        if user is None:
            user = await create_user(invitation.email, display_name, password)
        if invitation.hands_over_id is not None:
            from palabre.people.handing_over import take_over  # it invites, too

            await take_over(connection, user, invitation)
        else:
            await _grant(user, invitation)
        await audit.record(
            Actor(user_id=user.id),
            "invitation.accepted",
            kind="account",
            object_id=user.id,
            organisation=str(invitation.organisation_id or ""),
            role=str(invitation.role or ""),
            site_roles=",".join(invitation.site_roles),
        )
    return user


async def _taken(connection: Connection, invitation: Invitation) -> Invitation:
    """Use the invitation up and return it as it is now; raises NotFound when it was already used.

    Its organisation may just be merged into another: that is waited for, and the other one meant.
    """
    if invitation.organisation_id is not None:
        await hold(connection, [invitation.organisation_id])
    mine = Invitation.filter(token_hash=invitation.token_hash, used_at=None)
    if not await mine.update(used_at=datetime.now(UTC)):
        raise NotFound(_("Cette invitation a déjà servi. Connectez-vous."))
    now = await Invitation.get(token_hash=invitation.token_hash).select_related("organisation")
    if now.organisation_id is not None and now.organisation_id != invitation.organisation_id:
        await hold(connection, [now.organisation_id])
    return now


async def add_member(user: User, organisation: Organisation, role: Role) -> None:
    """Give `user` a role in `organisation`, in place of the one held before."""
    async with transaction():
        await Membership.update_or_create(
            {"role": role}, user_id=user.id, organisation_id=organisation.id
        )
        await audit.record(
            SYSTEM,
            "member.added",
            kind="organisation",
            object_id=organisation.id,
            account=str(user.id),
            role=str(role),
        )


def clean_name(name: str) -> str:
    """Return a person's name on one line; raises Refused when it is empty or too long."""
    cleaned = line(name, "display_name", MAX_NAME)
    if not cleaned:
        raise Refused(_("Indiquez un nom, de 120 caractères au plus."), field="display_name")
    return cleaned


def clean_email(email: str) -> str:
    """Return the address in lower case; raises Refused when it can't be one."""
    cleaned = email.strip().lower()
    if not _EMAIL.fullmatch(cleaned):
        raise Refused(
            _("« {email} » n’est pas une adresse électronique.").format(email=cleaned[:80]),
            field="email",
        )
    return cleaned


async def _grant(user: User, invitation: Invitation) -> None:
    if invitation.organisation is not None and invitation.role is not None:
        held = await Membership.get_or_none(
            user_id=user.id, organisation_id=invitation.organisation.id
        )
        if held is None or _ranks_above(invitation.role, held.role):
            await add_member(user, invitation.organisation, invitation.role)
    merged = sorted({*user.site_roles, *invitation.site_roles})
    await User.filter(id=user.id).update(site_roles=merged)


def _ranks_above(one: Role, other: Role) -> bool:
    order = list(Role)
    return order.index(one) < order.index(other)


def hash_of(token: str) -> bytes:
    """Return what is kept of an invitation's token."""
    return sha256(token.encode()).digest()
