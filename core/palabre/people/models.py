"""The tables of people: users, organisations, memberships, sessions, invitations."""

from enum import StrEnum
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from palabre.database.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID


class Role(StrEnum):
    """What a member may do in an organisation, from most to least."""

    OWNER = "owner"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"


class SiteRole(StrEnum):
    """What a user may do on the whole site."""

    ADMINISTRATOR = "administrator"
    MODERATOR = "moderator"


class OrganisationKind(StrEnum):
    """What sort of body an organisation is."""

    ASSOCIATION = "association"
    COLLECTIVE = "collective"
    AUTHORITY = "authority"
    SCHOOL = "school"
    VENUE = "venue"
    GROUP = "group"
    COMPANY = "company"
    OTHER = "other"


class User(Model):
    """An adult with an account; `email` is lower case and theirs alone."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    email = fields.TextField()
    display_name = fields.TextField()
    password_hash = fields.TextField(null=True)
    language = fields.TextField(default="fr")
    site_roles = ArrayField(element_type="text", default=list)
    is_active = fields.BooleanField(default=True)
    is_demo = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(auto_now_add=True)
    last_login_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_user"
        app = "core"


class Organisation(Model):
    """A body that organises events: an association, a school or a collective.

    `merged_into` points from a duplicate to the one that was kept; only its address still counts.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    slug = fields.TextField()
    name = fields.TextField()
    kind = fields.CharEnumField(OrganisationKind, default=OrganisationKind.ASSOCIATION)
    parent: fields.ForeignKeyNullableRelation["Organisation"] = fields.ForeignKeyField(
        "core.Organisation", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    parent_id: "UUID | None"
    merged_into: fields.ForeignKeyNullableRelation["Organisation"] = fields.ForeignKeyField(
        "core.Organisation", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    merged_into_id: "UUID | None"
    description = fields.TextField(default="")
    commune = fields.TextField(default="")
    url = fields.TextField(default="")
    verified_at = fields.DatetimeField(null=True)
    is_demo = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_organisation"
        app = "core"


class Membership(Model):
    """A user's role in an organisation; one per pair."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: "UUID"
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", related_name=False, on_delete=fields.CASCADE
    )
    organisation_id: "UUID"
    role = fields.CharEnumField(Role)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_membership"
        app = "core"


class Session(Model):
    """A signed-in browser. Only the token's SHA-256 is kept.

    `handle` names it on its owner's page; `device` is "Firefox, Android" or ""; `factors` were passed
    to open it, the last one at `proved_at`.
    """

    token_hash = fields.BinaryField(primary_key=True)
    handle = fields.UUIDField(default=new_id)
    device = fields.TextField(default="")
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: "UUID"
    csrf_token = fields.TextField()
    factors = ArrayField(element_type="text", default=list)
    proved_at = fields.DatetimeField(auto_now_add=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    seen_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "core_session"
        app = "core"


class Invitation(Model):
    """A way in for one e-mail address, once; `handle` names it on the organisation's page.

    `hands_over` is the owner whose place it offers, and who `keeps` that role then ("": none).
    """

    token_hash = fields.BinaryField(primary_key=True)
    handle = fields.UUIDField(default=new_id)
    email = fields.TextField()
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", null=True, related_name=False, on_delete=fields.CASCADE
    )
    organisation_id: "UUID | None"
    role = fields.CharEnumField(Role, null=True)
    site_roles = ArrayField(element_type="text", default=list)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    hands_over: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", null=True, related_name=False, on_delete=fields.CASCADE
    )
    hands_over_id: "UUID | None"
    keeps = fields.TextField(default="")

    class Meta:
        table = "core_invitation"
        app = "core"


__models__ = [User, Organisation, Membership, Session, Invitation]
