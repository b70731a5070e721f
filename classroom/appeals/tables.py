"""Appeals, and each step that was taken with them."""

from tortoise import fields
from tortoise.models import Model


class Appeal(Model):
    """A learner disputes a check or a sign-out, once."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32)
    class_id = fields.CharField(32)
    matter = fields.CharField(16)  # check | session
    about = fields.CharField(32)
    kind = fields.CharField(16, null=True)
    outcome = fields.CharField(32)
    outcome_reason = fields.CharField(32, null=True)
    happened_at_ms = fields.BigIntField()
    cost_ms = fields.BigIntField()
    reason = fields.CharField(32)
    words_sealed = fields.BinaryField(null=True)  # by the learner's key
    filed_at_ms = fields.BigIntField()
    due_at_ms = fields.BigIntField()
    state = fields.CharField(16)  # filed | proposed | granting | granted | refused
    proposed_by = fields.CharField(32, null=True)
    decided_at_ms = fields.BigIntField(null=True)
    given_ms = fields.BigIntField(db_default=0)

    class Meta:
        table = "appeal"
        unique_together = (("learner_id", "about"),)
        indexes = (("class_id", "state", "filed_at_ms"),)


class AppealStep(Model):
    """Who did what with an appeal, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    appeal_id = fields.CharField(32, db_index=True)
    step = fields.CharField(16)  # proposed | agreed | disagreed | refused
    by_id = fields.CharField(32)
    at_ms = fields.BigIntField()
    reason = fields.CharField(32, null=True)
    words_sealed = fields.BinaryField(null=True)  # by the learner's key

    class Meta:
        table = "appeal_step"
