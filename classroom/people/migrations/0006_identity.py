from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("people", "0005_wrong_logins")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Account",
            name="birth_year",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Account",
            name="gender",
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name="Account",
            name="id_index",
            field=fields.CharField(null=True, db_index=True, max_length=64),
        ),
        ops.AddField(
            model_name="Account",
            name="id_sealed",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="Institution",
            name="state",
            field=fields.CharField(db_default="active", max_length=16),
        ),
    ]
