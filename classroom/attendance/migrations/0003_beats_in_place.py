"""A heartbeat changes a seat where it lies: no index over what it changes, and room in each page for the next version.

PostgreSQL then updates in the heap only (HOT); an index over ``due_at`` had made every heartbeat write all indexes.
"""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


async def _leave_room(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.client.capabilities.dialect == "postgres":  # SQLite rewrites a row in place anyway
        await schema_editor.client.execute_script("ALTER TABLE seat SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("attendance", "0002_standing")]

    initial = False

    operations = [
        ops.RemoveIndex(model_name="Seat", fields=["live", "due_at"]),
        ops.AddIndex(model_name="Seat", index=Index(fields=["live", "owner"])),
        ops.RunPython(_leave_room, ops.RunPython.noop),
    ]
