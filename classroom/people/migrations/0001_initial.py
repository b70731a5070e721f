from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Consent",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("account_id", fields.CharField(db_index=True, max_length=32)),
                ("version", fields.CharField(max_length=32)),
                ("given_at_ms", fields.BigIntField()),
                ("withdrawn_at_ms", fields.BigIntField(null=True)),
                ("live", fields.CharField(null=True, max_length=1)),
            ],
            options={
                "table": "consent",
                "app": "people",
                "unique_together": (("account_id", "live"),),
                "pk_attr": "id",
                "table_description": "A separate consent to the processing of face data (PIPL 29), to one version of the notice.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Evidence",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
                ("check_id", fields.CharField(db_index=True, max_length=64)),
                ("picture_sealed", fields.BinaryField()),
                ("sha256", fields.CharField(max_length=64)),
                ("taken_at_ms", fields.BigIntField()),
            ],
            options={
                "table": "evidence",
                "app": "people",
                "pk_attr": "id",
                "table_description": "The frame that decided a check (抓拍, row 38).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Institution",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("name", fields.CharField(max_length=120)),
                ("city_code", fields.CharField(max_length=6)),
            ],
            options={
                "table": "institution",
                "app": "people",
                "pk_attr": "id",
                "table_description": "A training institution (培训机构), registered in one city.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "institution",
                    fields.ForeignKeyField(
                        "people.Institution",
                        source_field="institution_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="accounts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharField(max_length=16)),
                ("account_index", fields.CharField(unique=True, max_length=64)),
                ("account_sealed", fields.BinaryField()),
                ("name_index", fields.CharField(db_index=True, max_length=64)),
                ("name_sealed", fields.BinaryField()),
                ("password", fields.CharField(max_length=200)),
                ("disabled_at_ms", fields.BigIntField(null=True)),
                ("enrolment_allowed_at_ms", fields.BigIntField(null=True)),
            ],
            options={
                "table": "account",
                "app": "people",
                "pk_attr": "id",
                "table_description": "A learner or a member of an institution's staff.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LoginTry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at_ms", fields.BigIntField(db_index=True)),
                ("account_index", fields.CharField(max_length=64)),
                ("address_index", fields.CharField(max_length=64)),
            ],
            options={
                "table": "login_try",
                "app": "people",
                "indexes": [Index(fields=["account_index", "at_ms"]), Index(fields=["address_index", "at_ms"])],
                "pk_attr": "id",
                "table_description": "A wrong login, or one not judged yet, kept for as long as it can lock.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PersonEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at_ms", fields.BigIntField()),
                ("account_id", fields.CharField(db_index=True, max_length=32)),
                ("kind", fields.CharField(max_length=32)),
                ("by_id", fields.CharField(null=True, max_length=32)),
                ("detail", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "person_event",
                "app": "people",
                "pk_attr": "id",
                "table_description": "What was done to or by a person: who, what, when, never changed (rows 22 and 38).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PersonKey",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("account_id", fields.CharField(db_index=True, max_length=32)),
                ("purpose", fields.CharField(max_length=16)),
                ("live", fields.CharField(null=True, max_length=16)),
                ("kek_id", fields.CharField(max_length=16)),
                ("wrapped", fields.BinaryField(null=True)),
                ("created_at_ms", fields.BigIntField()),
                ("destroyed_at_ms", fields.BigIntField(null=True)),
            ],
            options={
                "table": "person_key",
                "app": "people",
                "unique_together": (("account_id", "live"),),
                "pk_attr": "id",
                "table_description": "One data key of one person for one purpose, wrapped, without ``wrapped`` the row is the tombstone of an erasure.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Portrait",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
                ("state", fields.CharField(max_length=16)),
                ("live", fields.CharField(null=True, max_length=16)),
                ("picture_sealed", fields.BinaryField()),
                ("embedding_sealed", fields.BinaryField()),
                ("submitted_at_ms", fields.BigIntField()),
                ("decided_at_ms", fields.BigIntField(null=True)),
                ("decided_by", fields.CharField(null=True, max_length=32)),
                ("refused_reason", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "portrait",
                "app": "people",
                "unique_together": (("learner_id", "live"),),
                "pk_attr": "id",
                "table_description": "An enrolled picture with the embedding of its face.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebSession",
            fields=[
                ("key_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("account_id", fields.CharField(null=True, db_index=True, max_length=32)),
                ("content", fields.TextField(unique=False)),
                ("created_at_ms", fields.BigIntField()),
                ("expires_at_ms", fields.BigIntField(db_index=True)),
                ("ended_at_ms", fields.BigIntField(null=True)),
                ("ended_reason", fields.CharField(null=True, max_length=32)),
            ],
            options={
                "table": "web_session",
                "app": "people",
                "pk_attr": "key_hash",
                "table_description": "A signed-in browser, an ended session keeps its row (row 38: login times).",
            },
            bases=["Model"],
        ),
    ]
