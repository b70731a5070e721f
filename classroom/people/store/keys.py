"""Every query of the keys of persons, and what SQLite must forget with them."""

from collections.abc import Sequence
from typing import Any

from classroom.database import connection_in_use
from classroom.people.tables import PersonKey


async def add_key(**columns: Any) -> None:
    """A new row."""
    await PersonKey.create(**columns)


async def live_key(account_id: str, purpose: str) -> PersonKey | None:
    """A person's key for a purpose, when it wasn't destroyed."""
    return await PersonKey.get_or_none(account_id=account_id, live=purpose)


async def key(key_id: str) -> PersonKey | None:
    """By id, tombstones too."""
    return await PersonKey.get_or_none(id=key_id)


async def live_keys_of(account_ids: Sequence[str], purpose: str) -> list[PersonKey]:
    """``live_key`` of many."""
    return await PersonKey.filter(account_id__in=list(account_ids), live=purpose)


async def keys_not_wrapped_by(kek_id: str, at_most: int) -> list[PersonKey]:
    """Keys that live and are wrapped by another key encryption key, in order of their ids."""
    return await PersonKey.filter(wrapped__not_isnull=True, kek_id__not=kek_id).order_by("id").limit(at_most)


async def rewrap_key(key_id: str, was: str, kek_id: str, wrapped: bytes) -> int:
    """Compare and set: 0 where the key was destroyed or rewrapped meanwhile."""
    rows = PersonKey.filter(id=key_id, kek_id=was, wrapped__not_isnull=True)
    return await rows.update(kek_id=kek_id, wrapped=wrapped)


async def destroy_key(account_id: str, purpose: str, at_ms: int) -> int:
    """The rows that lost their key; they stay as tombstones."""
    live = PersonKey.filter(account_id=account_id, live=purpose)
    return await live.update(wrapped=None, live=None, destroyed_at_ms=at_ms)


async def forget_overwritten() -> None:
    """Leave no copy of overwritten rows behind in SQLite's log; the file itself is overwritten by secure_delete."""
    connection = connection_in_use()
    if connection.capabilities.dialect == "sqlite":
        await connection.execute_query("PRAGMA wal_checkpoint(TRUNCATE)")
