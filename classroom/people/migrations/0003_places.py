from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("people", "0002_second_factor")]

    initial = False

    operations = [
        ops.CreateModel(
            name="InstitutionCity",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("institution_id", fields.CharField(max_length=32)),
                ("city_code", fields.CharField(db_index=True, max_length=6)),
            ],
            options={
                "table": "institution_city",
                "app": "people",
                "unique_together": (("institution_id", "city_code"),),
                "pk_attr": "id",
                "table_description": "A city in which a training institution is registered, beside the one it is in (article 13).",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="Institution",
            options={
                "table": "institution",
                "app": "people",
                "pk_attr": "id",
                "table_description": "A training institution (培训机构), a regulator's bureau or the platform itself.",
            },
        ),
        ops.AddField(
            model_name="Institution",
            name="kind",
            field=fields.CharField(db_default="training", max_length=16),
        ),
    ]
