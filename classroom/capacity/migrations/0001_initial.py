from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='CapacityAlarm',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('resource', fields.CharField(max_length=16)),
                ('place', fields.CharField(max_length=64)),
                ('n', fields.IntField()),
                ('at_ms', fields.BigIntField()),
                ('kind', fields.CharField(max_length=16)),
                ('used', fields.FloatField()),
                ('limit', fields.FloatField()),
            ],
            options={'table': 'capacity_alarm', 'app': 'capacity', 'unique_together': (('resource', 'place', 'n'),), 'pk_attr': 'id', 'table_description': 'An alarm or its recovery, numbered per resource and place, so of two processes that notice one writes it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProcessLoad',
            fields=[
                ('id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('place', fields.CharField(max_length=64)),
                ('version', fields.CharField(max_length=32)),
                ('started_at_ms', fields.BigIntField()),
                ('at_ms', fields.BigIntField(db_index=True)),
                ('learners', fields.IntField()),
                ('gauges', fields.TextField(unique=False)),
            ],
            options={'table': 'process_load', 'app': 'capacity', 'pk_attr': 'id', 'table_description': 'A control process as it said last, one that is gone is known by its age.'},
            bases=['Model'],
        ),
    ]
