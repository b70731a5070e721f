from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="OperationHead",
            fields=[
                ("chain", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=48)),
                ("seq", fields.IntField()),
                ("hash", fields.CharField(max_length=64)),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={
                "table": "operation_head",
                "app": "operations",
                "pk_attr": "chain",
                "table_description": "The end of a chain, sealed by a key that isn't in the database.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OperationRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("chain", fields.CharField(max_length=48)),
                ("seq", fields.IntField()),
                ("at", fields.BigIntField(db_index=True)),
                ("actor", fields.CharField(null=True, max_length=32)),
                ("payload", fields.TextField(unique=False)),
                ("hash", fields.CharField(max_length=64)),
            ],
            options={
                "table": "operation",
                "app": "operations",
                "unique_together": (("chain", "seq"),),
                "indexes": [Index(fields=["actor", "at"])],
                "pk_attr": "id",
                "table_description": "One act, append-only and hash-linked per process and day. The database refuses anything but INSERT.",
            },
            bases=["Model"],
        ),
    ]
