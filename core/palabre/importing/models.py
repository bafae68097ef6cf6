"""The tables of imports: sources, what came from them, and what they said last."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model

from palabre.database.ids import new_id
from palabre.events.models import Event
from palabre.people.models import Organisation, User

if TYPE_CHECKING:
    from uuid import UUID


class Source(Model):
    """A place that an organisation imports from: an address, a file, a pasted calendar."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", related_name=False, on_delete=fields.CASCADE
    )
    organisation_id: "UUID"
    location = fields.TextField()
    title = fields.TextField(default="")
    product = fields.TextField(default="")
    etag = fields.TextField(default="")
    last_modified = fields.TextField(default="")
    run = fields.IntField(default=0)
    created_at = fields.DatetimeField(auto_now_add=True)
    imported_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_source"
        app = "core"


class SourceEvent(Model):
    """One VEVENT of a source, and the event that it went into."""

    id = fields.BigIntField(primary_key=True)
    source: fields.ForeignKeyRelation[Source] = fields.ForeignKeyField(
        "core.Source", related_name=False, on_delete=fields.CASCADE
    )
    source_id: "UUID"
    key = fields.TextField()
    event: fields.ForeignKeyNullableRelation[Event] = fields.ForeignKeyField(
        "core.Event", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    event_id: "UUID | None"
    leads = fields.BooleanField()
    fingerprint = fields.BinaryField()
    sequence = fields.IntField(default=0)
    modified: datetime | None = fields.DatetimeField(null=True)
    missing_since: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "core_source_event"
        app = "core"


class ImportedContent(Model):
    """What the last import said of an event, by the columns of core_event."""

    event: fields.OneToOneRelation[Event] = fields.OneToOneField(
        "core.Event", primary_key=True, related_name=False, on_delete=fields.CASCADE
    )
    event_id: "UUID"
    content: fields.Field[dict[str, Any]] = fields.JSONField()

    class Meta:
        table = "core_imported_content"
        app = "core"


class JobState(StrEnum):
    """How far an import by the web is."""

    TRYING = "trying"
    TRIED = "tried"
    IMPORTING = "importing"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ImportJob(Model):
    """An import by the web: tried, then confirmed. `data` goes when it is over."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", related_name=False, on_delete=fields.CASCADE
    )
    organisation_id: "UUID"
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", null=True, related_name=False, on_delete=fields.CASCADE
    )
    user_id: "UUID | None"
    location = fields.TextField(default="")
    address = fields.TextField(default="")
    data: bytes | None = fields.BinaryField(null=True)
    etag = fields.TextField(default="")
    last_modified = fields.TextField(default="")
    repair = fields.BooleanField(default=False)
    state = fields.CharEnumField(JobState, default=JobState.TRYING)
    done = fields.IntField(default=0)
    total = fields.IntField(default=0)
    report: fields.Field[dict[str, Any] | None] = fields.JSONField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    touched_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_import_job"
        app = "core"


__models__ = [Source, SourceEvent, ImportedContent, ImportJob]
