from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('attendance', '0001_initial')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Attendance',
            index=Index(fields=['class_id']),
        ),
        ops.AddField(
            model_name='Seat',
            name='connected',
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name='Seat',
            name='phase',
            field=fields.CharField(db_default='browsing', max_length=24),
        ),
        ops.AddField(
            model_name='Seat',
            name='standing',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
