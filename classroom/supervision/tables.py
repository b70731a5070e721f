"""What staff did, which devices are blocked, and what needs a person."""

from tortoise import fields
from tortoise.models import Model


class Act(Model):
    """One act of staff on a learner, and until it is seen what the learner's page says of it."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32)
    class_id = fields.CharField(32)
    by_id = fields.CharField(32)
    what = fields.CharField(16)
    reason = fields.CharField(16)
    words_sealed = fields.BinaryField(null=True)  # by the learner's key
    at_ms = fields.BigIntField()
    outcome = fields.CharField(32, null=True)  # DONE | LATER | a refusal's code; null: cut off before it was known
    undone_by = fields.CharField(32, null=True)
    undone_at_ms = fields.BigIntField(null=True)
    seen_at_ms = fields.BigIntField(null=True)  # the learner acknowledged it

    class Meta:
        table = "act"
        indexes = (("learner_id", "at_ms"), ("class_id", "at_ms"))


class BlockedDevice(Model):
    """A device on which one learner may not study."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32)
    device = fields.CharField(32)  # a keyed hash
    live = fields.CharField(1, null=True)  # "1" until lifted
    reason = fields.CharField(16)
    by_id = fields.CharField(32)
    at_ms = fields.BigIntField()
    lifted_by = fields.CharField(32, null=True)
    lifted_at_ms = fields.BigIntField(null=True)

    class Meta:
        table = "blocked_device"
        unique_together = (("learner_id", "device", "live"),)


class Alert(Model):
    """One thing that needs a person."""

    id = fields.CharField(32, primary_key=True)
    attendance_id = fields.CharField(32)
    seq = fields.IntField()  # of the journal row that it came with
    class_id = fields.CharField(32)
    learner_id = fields.CharField(32)
    kind = fields.CharField(32)
    about = fields.CharField(32)  # the check, the session, or nothing
    severity = fields.CharField(16)
    at_ms = fields.BigIntField()
    reason = fields.CharField(32, null=True)
    cost_ms = fields.BigIntField()
    state = fields.CharField(16)  # found | handling | solved | ignored
    claimed_by = fields.CharField(32, null=True, db_index=True)
    claimed_at_ms = fields.BigIntField(null=True)
    closed_by = fields.CharField(32, null=True)
    closed_at_ms = fields.BigIntField(null=True)
    outcome = fields.CharField(32, null=True)

    class Meta:
        table = "alert"
        unique_together = (("attendance_id", "seq", "kind", "about"),)
        indexes = (("class_id", "state", "at_ms"),)
