from tortoise import fields
from tortoise.models import Model


class Orphan(Model):
    id = fields.IntField(primary_key=True)
    parent: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField("core.Nobody")

    class Meta:
        table = "broken_models_orphan"
        app = "broken_models"


__models__ = [Orphan]
