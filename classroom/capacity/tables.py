"""The log of alarms, which only grows, and what each process said of itself last."""

from tortoise import fields
from tortoise.models import Model


class CapacityAlarm(Model):
    """An alarm or its recovery, numbered per resource and place, so of two processes that notice one writes it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    resource = fields.CharField(16)
    place = fields.CharField(64)
    n = fields.IntField()
    at_ms = fields.BigIntField()
    kind = fields.CharField(16)  # raised | recovered
    used = fields.FloatField()
    limit = fields.FloatField()

    class Meta:
        table = "capacity_alarm"
        unique_together = (("resource", "place", "n"),)


class ProcessLoad(Model):
    """A control process as it said last, one that is gone is known by its age."""

    id = fields.CharField(32, primary_key=True)
    place = fields.CharField(64)
    version = fields.CharField(32)
    started_at_ms = fields.BigIntField()
    at_ms = fields.BigIntField(db_index=True)
    learners = fields.IntField()
    gauges = fields.TextField()  # JSON

    class Meta:
        table = "process_load"
