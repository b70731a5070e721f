"""Mends how Tortoise enters and leaves a transaction when the database fails in that very moment (1.1.9).

As it is, a BEGIN that fails keeps SQLite's only connection locked, or a connection of PostgreSQL's pool lent, for ever;
and after a COMMIT that fails SQLite's transaction stays open, so that what comes next is written into it.
"""

from contextlib import suppress
from typing import Any

from tortoise.backends.base.client import TransactionContextPooled
from tortoise.backends.sqlite.client import SqliteTransactionContext
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


def mend() -> None:
    """Once, before the first transaction; safe to repeat."""
    SqliteTransactionContext.__aenter__ = _enter_sqlite  # type: ignore[method-assign]
    SqliteTransactionContext.__aexit__ = _leave_sqlite  # type: ignore[method-assign]
    TransactionContextPooled.__aenter__ = _enter_pooled  # type: ignore[method-assign]


async def _enter_sqlite(self: Any) -> Any:
    await self._trxlock.acquire()
    try:
        await self.ensure_connection()
        await self.connection.begin()
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            await self.connection._connection.rollback()
        self._trxlock.release()
        raise
    self.token = get_connections().set(self.connection_name, self.connection)
    return self.connection


async def _leave_sqlite(self: Any, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
    try:
        if self.connection._finalized:
            return
        if exc_type is None:
            await self.connection.commit()
        elif exc_type is not TransactionManagementError:
            await self.connection.rollback()
    finally:
        if not self.connection._finalized:
            with suppress(Exception):  # the first error is the one to tell
                await self.connection._connection.rollback()
        get_connections().reset(self.token)
        self._trxlock.release()


async def _enter_pooled(self: Any) -> Any:
    await self.ensure_connection()
    self.client._connection = await self.client._parent._pool.acquire()
    try:
        await self.client.begin()
    except BaseException:
        await self.client._parent._pool.release(self.client._connection)
        raise
    self.token = get_connections().set(self.connection_name, self.client)
    return self.client
