from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('people', '0006_identity')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Account',
            name='checked_by',
            field=fields.CharField(db_default='face', max_length=8),
        ),
        ops.AddField(
            model_name='PersonRequest',
            name='call_check',
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddField(
            model_name='PersonRequest',
            name='due_at_ms',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='PersonRequest',
            name='taken_at_ms',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='PersonRequest',
            name='taken_by',
            field=fields.CharField(null=True, max_length=32),
        ),
        ops.AddIndex(
            model_name='PersonRequest',
            index=Index(fields=['class_id', 'handled_at_ms', 'requested_at_ms']),
        ),
    ]
