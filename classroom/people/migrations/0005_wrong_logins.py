from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("people", "0004_alternatives_and_requests")]

    initial = False

    operations = [
        ops.AddField(
            model_name="LoginTry",
            name="wrong",
            field=fields.BooleanField(db_default=False),
        ),
    ]
