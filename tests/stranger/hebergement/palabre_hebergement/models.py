"""The plugin's one table."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from palabre.api import Event


class Board(Model):
    """Where beds for one event are offered."""

    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[Event] = fields.ForeignKeyField(
        "core.Event", related_name=False
    )
    event_id: UUID
    slug = fields.TextField()

    class Meta:
        table = "hebergement_board"
        app = "hebergement"


__models__ = [Board]
