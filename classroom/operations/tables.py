"""The operation log's rows and the sealed ends of its chains."""

from tortoise import fields
from tortoise.models import Model


class OperationRow(Model):
    """One act, append-only and hash-linked per process and day. The database refuses anything but INSERT."""

    id = fields.BigIntField(primary_key=True, generated=True)
    chain = fields.CharField(48)
    seq = fields.IntField()
    at = fields.BigIntField(db_index=True)
    actor = fields.CharField(32, null=True)  # as in the payload, to search by; verified against it
    payload = fields.TextField()
    hash = fields.CharField(64)

    class Meta:
        table = "operation"
        unique_together = (("chain", "seq"),)
        indexes = (("actor", "at"),)


class OperationHead(Model):
    """The end of a chain, sealed by a key that isn't in the database."""

    chain = fields.CharField(48, primary_key=True)
    seq = fields.IntField()
    hash = fields.CharField(64)
    mac = fields.CharField(64)

    class Meta:
        table = "operation_head"
