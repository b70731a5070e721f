from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='CensusHour',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(max_length=80)),
                ('hour', fields.BigIntField(db_index=True)),
                ('online_peak', fields.IntField()),
                ('online_mean', fields.FloatField()),
                ('studying_peak', fields.IntField()),
                ('studying_mean', fields.FloatField()),
            ],
            options={'table': 'census_hour', 'app': 'oversight', 'unique_together': (('key', 'hour'),), 'pk_attr': 'id', 'table_description': 'The same of an hour, kept longer.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CensusMark',
            fields=[
                ('unit', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=8)),
                ('newest', fields.BigIntField()),
            ],
            options={'table': 'census_mark', 'app': 'oversight', 'pk_attr': 'unit', 'table_description': 'The newest minute or hour that is written, whoever moves it on writes the next.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CensusMinute',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(max_length=80)),
                ('minute', fields.BigIntField(db_index=True)),
                ('online_peak', fields.IntField()),
                ('online_mean', fields.FloatField()),
                ('studying_peak', fields.IntField()),
                ('studying_mean', fields.FloatField()),
            ],
            options={'table': 'census_minute', 'app': 'oversight', 'unique_together': (('key', 'minute'),), 'pk_attr': 'id', 'table_description': 'A minute of one sum, only where somebody was there (and of the province in any case).'},
            bases=['Model'],
        ),
    ]
