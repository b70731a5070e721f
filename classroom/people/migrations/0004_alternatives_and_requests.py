from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("people", "0003_places")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Alternative",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
                ("live", fields.CharField(null=True, max_length=1)),
                ("sealed", fields.BinaryField()),
                ("set_at_ms", fields.BigIntField()),
                ("set_by", fields.CharField(max_length=32)),
                ("ended_at_ms", fields.BigIntField(null=True)),
                ("ended_by", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "alternative",
                "app": "people",
                "unique_together": (("learner_id", "live"),),
                "pk_attr": "id",
                "table_description": "Which actions aren't asked of a learner, what was set before keeps its row.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PersonRequest",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(max_length=32)),
                ("class_id", fields.CharField(null=True, max_length=32)),
                ("check_id", fields.CharField(null=True, max_length=32)),
                ("reason", fields.CharField(max_length=32)),
                ("requested_at_ms", fields.BigIntField()),
                ("handled_at_ms", fields.BigIntField(null=True)),
                ("handled_by", fields.CharField(null=True, max_length=32)),
                ("outcome", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "person_request",
                "app": "people",
                "indexes": [Index(fields=["learner_id", "requested_at_ms"])],
                "pk_attr": "id",
                "table_description": "A learner asks that a person look at their case (申请人工核验).",
            },
            bases=["Model"],
        ),
    ]
