from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_places")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Suspension",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("subject", fields.CharField(max_length=16)),
                ("subject_id", fields.CharField(max_length=32)),
                ("region_code", fields.CharField(max_length=6)),
                ("live", fields.CharField(null=True, max_length=1)),
                ("reason", fields.CharField(max_length=200)),
                ("at_ms", fields.BigIntField()),
                ("by_id", fields.CharField(max_length=32)),
                ("lifted_at_ms", fields.BigIntField(null=True)),
                ("lifted_by_id", fields.CharField(null=True, max_length=32)),
                ("lifted_reason", fields.CharField(null=True, max_length=200)),
            ],
            options={
                "table": "suspension",
                "app": "courses",
                "unique_together": (("subject", "subject_id", "region_code", "live"),),
                "pk_attr": "id",
                "table_description": "An institution or a course is suspended in a region, what was lifted keeps its row.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="TrainingClass",
            name="item_code",
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddField(
            model_name="TrainingClass",
            name="qualification",
            field=fields.CharField(null=True, max_length=24),
        ),
    ]
