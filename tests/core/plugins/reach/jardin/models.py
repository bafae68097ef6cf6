"""The tables of the gardens."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from palabre.api import Organisation


class Bed(Model):
    """A bed of vegetables of an organisation; a secret one is its host's alone."""

    id = fields.BigIntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "core.Organisation", related_name=False
    )
    organisation_id: UUID
    host_id = fields.UUIDField(null=True)
    secret = fields.BooleanField(default=False)

    class Meta:
        table = "jardin_bed"
        app = "jardin"


class Note(Model):
    """What was written on a bed."""

    id = fields.BigIntField(primary_key=True)
    bed: fields.ForeignKeyRelation[Bed] = fields.ForeignKeyField("jardin.Bed", related_name=False)
    bed_id: int

    class Meta:
        table = "jardin_note"
        app = "jardin"


__models__ = [Bed, Note]
