from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Attendance",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
                ("class_id", fields.CharField(max_length=32)),
                ("opened_at", fields.BigIntField()),
            ],
            options={
                "table": "attendance",
                "app": "attendance",
                "unique_together": (("learner_id", "class_id"),),
                "pk_attr": "id",
                "table_description": "One learner in one class.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Head",
            fields=[
                ("attendance_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("seq", fields.IntField()),
                ("hash", fields.CharField(max_length=64)),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={
                "table": "head",
                "app": "attendance",
                "pk_attr": "attendance_id",
                "table_description": "The end of a chain, sealed by a key that isn't in the database.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JournalRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("attendance_id", fields.CharField(max_length=32)),
                ("seq", fields.IntField()),
                ("at", fields.BigIntField()),
                ("payload", fields.TextField(unique=False)),
                ("hash", fields.CharField(max_length=64)),
            ],
            options={
                "table": "journal",
                "app": "attendance",
                "unique_together": (("attendance_id", "seq"),),
                "pk_attr": "id",
                "table_description": "One event, append-only and hash-linked per attendance. The database refuses anything but INSERT.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Process",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("started_at", fields.BigIntField()),
                ("alive_at", fields.BigIntField()),
                ("ended", fields.BooleanField(default=False)),
            ],
            options={
                "table": "control_process",
                "app": "attendance",
                "pk_attr": "id",
                "table_description": "A control process and the last second in which it was alive.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Seat",
            fields=[
                ("attendance_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
                ("owner", fields.CharField(max_length=32)),
                ("epoch", fields.IntField()),
                ("live", fields.BooleanField()),
                ("alive_at", fields.BigIntField()),
                ("due_at", fields.BigIntField(null=True)),
                ("checkpoint", fields.TextField(null=True, unique=False)),
                ("checkpoint_mac", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "seat",
                "app": "attendance",
                "indexes": [Index(fields=["live", "due_at"])],
                "pk_attr": "attendance_id",
                "table_description": "Who owns the live attendance, what it did since its last journal row, and when it is due.",
            },
            bases=["Model"],
        ),
    ]
