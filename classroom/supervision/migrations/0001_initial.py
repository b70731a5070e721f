from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Act',
            fields=[
                ('id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('learner_id', fields.CharField(max_length=32)),
                ('class_id', fields.CharField(max_length=32)),
                ('by_id', fields.CharField(max_length=32)),
                ('what', fields.CharField(max_length=16)),
                ('reason', fields.CharField(max_length=16)),
                ('words_sealed', fields.BinaryField(null=True)),
                ('at_ms', fields.BigIntField()),
                ('outcome', fields.CharField(null=True, max_length=32)),
                ('undone_by', fields.CharField(null=True, max_length=32)),
                ('undone_at_ms', fields.BigIntField(null=True)),
                ('seen_at_ms', fields.BigIntField(null=True)),
            ],
            options={'table': 'act', 'app': 'supervision', 'indexes': [Index(fields=['learner_id', 'at_ms']), Index(fields=['class_id', 'at_ms'])], 'pk_attr': 'id', 'table_description': "One act of staff on a learner, and until it is seen what the learner's page says of it."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Alert',
            fields=[
                ('id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('attendance_id', fields.CharField(max_length=32)),
                ('seq', fields.IntField()),
                ('class_id', fields.CharField(max_length=32)),
                ('learner_id', fields.CharField(max_length=32)),
                ('kind', fields.CharField(max_length=32)),
                ('about', fields.CharField(max_length=32)),
                ('severity', fields.CharField(max_length=16)),
                ('at_ms', fields.BigIntField()),
                ('reason', fields.CharField(null=True, max_length=32)),
                ('cost_ms', fields.BigIntField()),
                ('state', fields.CharField(max_length=16)),
                ('claimed_by', fields.CharField(null=True, db_index=True, max_length=32)),
                ('claimed_at_ms', fields.BigIntField(null=True)),
                ('closed_by', fields.CharField(null=True, max_length=32)),
                ('closed_at_ms', fields.BigIntField(null=True)),
                ('outcome', fields.CharField(null=True, max_length=32)),
            ],
            options={'table': 'alert', 'app': 'supervision', 'unique_together': (('attendance_id', 'seq', 'kind', 'about'),), 'indexes': [Index(fields=['class_id', 'state', 'at_ms'])], 'pk_attr': 'id', 'table_description': 'One thing that needs a person.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BlockedDevice',
            fields=[
                ('id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('learner_id', fields.CharField(max_length=32)),
                ('device', fields.CharField(max_length=32)),
                ('live', fields.CharField(null=True, max_length=1)),
                ('reason', fields.CharField(max_length=16)),
                ('by_id', fields.CharField(max_length=32)),
                ('at_ms', fields.BigIntField()),
                ('lifted_by', fields.CharField(null=True, max_length=32)),
                ('lifted_at_ms', fields.BigIntField(null=True)),
            ],
            options={'table': 'blocked_device', 'app': 'supervision', 'unique_together': (('learner_id', 'device', 'live'),), 'pk_attr': 'id', 'table_description': 'A device on which one learner may not study.'},
            bases=['Model'],
        ),
    ]
