from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ClassProctor",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("class_id", fields.CharField(max_length=32)),
                ("proctor_id", fields.CharField(db_index=True, max_length=32)),
            ],
            options={
                "table": "class_proctor",
                "app": "courses",
                "unique_together": (("class_id", "proctor_id"),),
                "pk_attr": "id",
                "table_description": "A proctor watches a class.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="TrainingClass",
            name="region_code",
            field=fields.CharField(db_index=True, db_default="440000", max_length=6),
        ),
        # Until now a class was where its institution is.
        ops.RunSQL(
            "UPDATE training_class SET region_code ="
            " (SELECT city_code FROM institution WHERE institution.id = training_class.institution_id)",
            reverse_sql=ops.RunSQL.noop,
        ),
    ]
