"""One row per event where one may sleep."""

from tortoise import fields
from tortoise.models import Model

from palabre.api import Event


class Stay(Model):
    event: fields.OneToOneRelation[Event] = fields.OneToOneField(
        "core.Event", related_name=False, primary_key=True
    )
    beds = fields.IntField()
    house = fields.TextField()
    taken = fields.IntField(default=0)
    valley = fields.TextField(null=True)

    class Meta:
        table = "couchage_stay"
        app = "couchage"


__models__ = [Stay]
