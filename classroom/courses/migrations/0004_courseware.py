from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_suspensions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Courseware",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("institution_id", fields.CharField(db_index=True, max_length=32)),
                ("course_id", fields.CharField(max_length=32)),
                ("class_id", fields.CharField(null=True, max_length=32)),
                ("title", fields.CharField(max_length=120)),
                ("file_name", fields.CharField(max_length=120)),
                ("fingerprint", fields.CharField(max_length=64)),
                ("size_bytes", fields.BigIntField()),
                ("brought_by", fields.CharField(max_length=32)),
                ("brought_at_ms", fields.BigIntField()),
                ("state", fields.CharField(db_index=True, max_length=16)),
                ("changed_at_ms", fields.BigIntField()),
                ("stage", fields.CharField(default="", max_length=16)),
                ("progress", fields.IntField(default=0)),
                ("attempts", fields.IntField(default=0)),
                ("owner", fields.CharField(null=True, max_length=64)),
                ("lease_until_ms", fields.BigIntField(default=0)),
                ("refusal", fields.CharField(null=True, max_length=32)),
                ("report", fields.TextField(null=True, unique=False)),
                ("length_ms", fields.BigIntField(null=True)),
                ("segments", fields.TextField(null=True, unique=False)),
                ("decided_by", fields.CharField(null=True, max_length=32)),
                ("decided_at_ms", fields.BigIntField(null=True)),
                ("accepted", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "courseware",
                "app": "courses",
                "pk_attr": "id",
                "table_description": "A video file that an institution brought (课件), on its way to a lesson of the same id.",
            },
            bases=["Model"],
        ),
    ]
