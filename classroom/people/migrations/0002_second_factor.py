from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SecondFactor",
            fields=[
                ("account_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("secret_sealed", fields.BinaryField()),
                ("made_at_ms", fields.BigIntField()),
                ("confirmed_at_ms", fields.BigIntField(null=True)),
                ("last_step", fields.BigIntField(default=0)),
            ],
            options={
                "table": "second_factor",
                "app": "people",
                "pk_attr": "account_id",
                "table_description": "The secret that a member of staff's authenticator shares with us (GB/T 22239 8.1.4.1 d).",
            },
            bases=["Model"],
        ),
    ]
