from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Appeal',
            fields=[
                ('id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('learner_id', fields.CharField(max_length=32)),
                ('class_id', fields.CharField(max_length=32)),
                ('matter', fields.CharField(max_length=16)),
                ('about', fields.CharField(max_length=32)),
                ('kind', fields.CharField(null=True, max_length=16)),
                ('outcome', fields.CharField(max_length=32)),
                ('outcome_reason', fields.CharField(null=True, max_length=32)),
                ('happened_at_ms', fields.BigIntField()),
                ('cost_ms', fields.BigIntField()),
                ('reason', fields.CharField(max_length=32)),
                ('words_sealed', fields.BinaryField(null=True)),
                ('filed_at_ms', fields.BigIntField()),
                ('due_at_ms', fields.BigIntField()),
                ('state', fields.CharField(max_length=16)),
                ('proposed_by', fields.CharField(null=True, max_length=32)),
                ('decided_at_ms', fields.BigIntField(null=True)),
                ('given_ms', fields.BigIntField(db_default=0)),
            ],
            options={'table': 'appeal', 'app': 'appeals', 'unique_together': (('learner_id', 'about'),), 'indexes': [Index(fields=['class_id', 'state', 'filed_at_ms'])], 'pk_attr': 'id', 'table_description': 'A learner disputes a check or a sign-out, once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AppealStep',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('appeal_id', fields.CharField(db_index=True, max_length=32)),
                ('step', fields.CharField(max_length=16)),
                ('by_id', fields.CharField(max_length=32)),
                ('at_ms', fields.BigIntField()),
                ('reason', fields.CharField(null=True, max_length=32)),
                ('words_sealed', fields.BinaryField(null=True)),
            ],
            options={'table': 'appeal_step', 'app': 'appeals', 'pk_attr': 'id', 'table_description': 'Who did what with an appeal, never changed.'},
            bases=['Model'],
        ),
    ]
