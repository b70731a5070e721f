"""The journal, its heads, the seats and the processes that own them."""

from tortoise import fields
from tortoise.models import Model


class Attendance(Model):
    """One learner in one class."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32, db_index=True)
    class_id = fields.CharField(32)
    opened_at = fields.BigIntField()

    class Meta:
        table = "attendance"
        unique_together = (("learner_id", "class_id"),)
        indexes = (("class_id",),)


class JournalRow(Model):
    """One event, append-only and hash-linked per attendance. The database refuses anything but INSERT."""

    id = fields.BigIntField(primary_key=True)
    attendance_id = fields.CharField(32)
    seq = fields.IntField()
    at = fields.BigIntField()
    payload = fields.TextField()
    hash = fields.CharField(64)

    class Meta:
        table = "journal"
        unique_together = (("attendance_id", "seq"),)


class Head(Model):
    """The end of a chain, sealed by a key that isn't in the database."""

    attendance_id = fields.CharField(32, primary_key=True)
    seq = fields.IntField()
    hash = fields.CharField(64)
    mac = fields.CharField(64)

    class Meta:
        table = "head"


class Seat(Model):
    """Who owns the live attendance, what it did since its last journal row, and when it is due."""

    attendance_id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32, db_index=True)
    owner = fields.CharField(32)
    epoch = fields.IntField()
    live = fields.BooleanField()  # a session is running
    alive_at = fields.BigIntField()
    due_at = fields.BigIntField(null=True)
    checkpoint = fields.TextField(null=True)
    checkpoint_mac = fields.CharField(64, null=True)
    phase = fields.CharField(24, db_default="browsing")
    connected = fields.BooleanField(db_default=False)  # its session's page is at its owner, who may have died since
    standing = fields.TextField(null=True)  # what watchers may know (standing.py), as of the newest journal row

    class Meta:
        table = "seat"
        indexes = (("live", "owner"),)  # none over what a heartbeat changes (migration 0003)


class Process(Model):
    """A control process and the last second in which it was alive."""

    id = fields.CharField(32, primary_key=True)
    started_at = fields.BigIntField()
    alive_at = fields.BigIntField()
    ended = fields.BooleanField(default=False)

    class Meta:
        table = "control_process"
