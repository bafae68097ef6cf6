from tortoise import fields
from tortoise.models import Model

from palabre.database.ids import new_id


class Note(Model):
    id = fields.UUIDField(primary_key=True, default=new_id)
    user_id = fields.UUIDField()
    phone = fields.TextField()
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "carnet_note"
        app = "carnet"


__models__ = [Note]
