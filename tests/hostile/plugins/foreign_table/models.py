from tortoise import fields
from tortoise.models import Model


class Nest(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "core_user"
        app = "foreign_table"


__models__ = [Nest]
