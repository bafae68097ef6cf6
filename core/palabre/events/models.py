"""The tables of events: venues, events, their occurrences and their history.

The rows say what `values.Content` says, flattened to columns that lists can filter by.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from palabre.database.ids import new_id
from palabre.events.values import Audience, Price, Publication, Status
from palabre.people.models import Organisation, User

EVERYBODY = UUID(int=0)


class Venue(Model):
    """A place shared by all organisers; `merged_into` points from a duplicate to the kept one."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    slug = fields.TextField()
    name = fields.TextField()
    address = fields.TextField(default="")
    postal_code = fields.TextField(default="")
    commune = fields.TextField(default="")
    country = fields.TextField(default="FR")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    url = fields.TextField(default="")
    accessibility = ArrayField(element_type="text", default=list)
    match_key = fields.TextField()
    commune_slug = fields.TextField(default="")
    merged_into: fields.ForeignKeyNullableRelation["Venue"] = fields.ForeignKeyField(
        "core.Venue", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    merged_into_id: UUID | None
    is_demo = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_venue"
        app = "core"


class Event(Model):
    """One event with all its dates; `events.domain.content_of` reads it back as a value.

    `seen_by` follows in the database from publication and organisation: EVERYBODY when published,
    else the organisation whose members see it.
    """

    id = fields.UUIDField(primary_key=True, default=new_id)
    uid = fields.TextField()
    slug = fields.TextField()
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    parent: fields.ForeignKeyNullableRelation["Event"] = fields.ForeignKeyField(
        "core.Event", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    parent_id: UUID | None
    publication = fields.CharEnumField(Publication, default=Publication.DRAFT)
    refusal_reason = fields.TextField(default="")
    status = fields.CharEnumField(Status, default=Status.SCHEDULED)
    language = fields.TextField(default="fr")
    title = fields.TextField()
    description = fields.TextField(default="")
    translations: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    extras: fields.Field[dict[str, Any]] = fields.JSONField(default=dict)
    time_zone = fields.TextField()
    floating = fields.BooleanField(default=False)
    starts_at: datetime | None = fields.DatetimeField(null=True)
    ends_at: datetime | None = fields.DatetimeField(null=True)
    starts_on = fields.DateField(null=True)
    ends_on = fields.DateField(null=True)
    rrule = fields.TextField(default="")
    rdates = ArrayField(element_type="text", default=list)
    exdates = ArrayField(element_type="text", default=list)
    overrides: fields.Field[list[dict[str, Any]]] = fields.JSONField(default=list)
    venue: fields.ForeignKeyNullableRelation[Venue] = fields.ForeignKeyField(
        "core.Venue", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    venue_id: UUID | None
    online_url = fields.TextField(default="")
    url = fields.TextField(default="")
    categories = ArrayField(element_type="text", default=list)
    category_slugs = ArrayField(element_type="text", default=list)
    audience = fields.CharEnumField(Audience, default=Audience.EVERYONE)
    price = fields.CharEnumField(Price, default=Price.UNKNOWN)
    price_text = fields.TextField(default="")
    accessibility = ArrayField(element_type="text", default=list)
    image_url = fields.TextField(default="")
    image_alt = fields.TextField(default="")
    image_credit = fields.TextField(default="")
    version = fields.IntField(default=1)
    sequence = fields.IntField(default=0)
    co_organiser_ids = ArrayField(element_type="uuid", default=list)
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None
    created_at = fields.DatetimeField(auto_now_add=True)
    changed_at = fields.DatetimeField()
    published_at: datetime | None = fields.DatetimeField(null=True)
    gone_at: datetime | None = fields.DatetimeField(null=True)
    is_demo = fields.BooleanField(default=False)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    seen_by = fields.UUIDField(generated=True)

    class Meta:
        table = "core_event"
        app = "core"


class Occurrence(Model):
    """A single date of an event, expanded when it was saved."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "core.Event", related_name=False, on_delete=fields.CASCADE
    )
    event_id: UUID
    original = fields.TextField(default="")
    all_day = fields.BooleanField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    first_day = fields.DateField()
    last_day = fields.DateField()
    cancelled = fields.BooleanField(default=False)
    title = fields.TextField(null=True)
    venue: fields.ForeignKeyNullableRelation[Venue] = fields.ForeignKeyField(
        "core.Venue", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    venue_id: UUID | None

    class Meta:
        table = "core_occurrence"
        app = "core"


class EventRevision(Model):
    """What an event said after one save, and who saved it."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "core.Event", related_name=False, on_delete=fields.CASCADE
    )
    event_id: UUID
    version = fields.IntField()
    action = fields.TextField()
    actor: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    actor_id: UUID | None
    at = fields.DatetimeField(auto_now_add=True)
    content: fields.Field[dict[str, Any]] = fields.JSONField()

    class Meta:
        table = "core_event_revision"
        app = "core"


__models__ = [Venue, Event, Occurrence, EventRevision]
