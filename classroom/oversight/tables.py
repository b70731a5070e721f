"""How many were online, by minute and by hour, with the mark of how far that is written."""

from tortoise import fields
from tortoise.models import Model


class CensusMinute(Model):
    """A minute of one sum, only where somebody was there (and of the province in any case)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    key = fields.CharField(80)  # region|facet|institution
    minute = fields.BigIntField(db_index=True)  # minutes since the epoch
    online_peak = fields.IntField()
    online_mean = fields.FloatField()
    studying_peak = fields.IntField()
    studying_mean = fields.FloatField()

    class Meta:
        table = "census_minute"
        unique_together = (("key", "minute"),)


class CensusHour(Model):
    """The same of an hour, kept longer."""

    id = fields.BigIntField(primary_key=True, generated=True)
    key = fields.CharField(80)
    hour = fields.BigIntField(db_index=True)  # hours since the epoch
    online_peak = fields.IntField()
    online_mean = fields.FloatField()
    studying_peak = fields.IntField()
    studying_mean = fields.FloatField()

    class Meta:
        table = "census_hour"
        unique_together = (("key", "hour"),)


class CensusMark(Model):
    """The newest minute or hour that is written, whoever moves it on writes the next."""

    unit = fields.CharField(8, primary_key=True)  # minute | hour
    newest = fields.BigIntField()

    class Meta:
        table = "census_mark"
