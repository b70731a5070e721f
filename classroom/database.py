"""Opens, installs and closes the one database of the platform: SQLite or PostgreSQL, by its URL.

The context is Tortoise's global one: requests, sockets and timers run in tasks that never saw it opened.
"""

import asyncio
import functools
import importlib.util
import logging
import os
import sqlite3
from collections.abc import Callable, Coroutine
from contextvars import Context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from classroom.guards import APPLICATION_ROLE, install_guards
from classroom.mends import mend

P = ParamSpec("P")
T = TypeVar("T")


async def _nothing_to_reset(connection: Any) -> None:
    """Nobody changes a setting, listens or takes an advisory lock, so that asyncpg's query after every use is saved.

    What was left open is rolled back all the same.
    """


SLICES = (  # each brings its tables
    "people", "courses", "attendance", "operations", "oversight", "supervision", "appeals", "capacity",
)  # fmt: skip
SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # a committed second survives a power cut
    "busy_timeout": 5000,  # milliseconds; the install and staff commands write beside the server
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # without it REPLACE walks past the journal's guards
    "secure_delete": "ON",  # a destroyed data key is overwritten in the file (PIPL 47)
}
POSTGRES_POOL = {
    "minsize": 1,
    "maxsize": 10,
    "timeout": 10,
    "command_timeout": 30,
    "application_name": "classroom",
    "reset": _nothing_to_reset,
}
POSTGRES_SESSION = {
    # A plan that was made while a table was small is kept until something analyzes it: a class of 2,000 that comes within
    # two minutes had all its seats read at every commit.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",  # no statement here lasts as long as it takes
}
_SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_CLOSING_SECONDS = 1.0  # a stop takes less than 2 s in all; what isn't committed by then was never answered for

_context: TortoiseContext | None = None
_unfinished: set[asyncio.Task[Any]] = set()
_forgetters: list[Callable[[], None]] = []


def _config(connection: dict[str, Any]) -> dict[str, Any]:
    apps: dict[str, Any] = {}
    for name in SLICES:
        apps[name] = {"models": [f"classroom.{name}.tables"], "default_connection": "default"}
        if importlib.util.find_spec(f"classroom.{name}.migrations"):
            apps[name]["migrations"] = f"classroom.{name}.migrations"
    return {"connections": {"default": connection}, "apps": apps}


# After a change of tables: ``tortoise -c classroom.database.MIGRATED makemigrations`` writes what is new (tests say so).
MIGRATED = _config(expand_db_url("sqlite://:memory:"))


async def open_database(url: str, *, as_owner: bool = False) -> None:
    """Connect, or raise what the driver says; one database a process.

    On PostgreSQL as the role that owns nothing, so that the journal can't be changed; ``as_owner``: to install.
    """
    global _context
    mend()
    logging.getLogger("tortoise").setLevel(logging.INFO)  # at DEBUG it prints every value
    connection = expand_db_url(url)
    credentials: dict[str, Any] = connection["credentials"]
    if is_sqlite(url):
        credentials.update(SQLITE_PRAGMAS)
        _private_file(Path(credentials["file_path"]))
    else:
        for name, value in POSTGRES_POOL.items():
            credentials.setdefault(name, value)
        if not as_owner:
            credentials["server_settings"] = {"role": APPLICATION_ROLE} | POSTGRES_SESSION
    context = TortoiseContext()
    with context:  # only while it is set up; afterwards every task finds it as the global one
        await context.init(config=_config(connection), use_tz=True, timezone="UTC", _enable_global_fallback=True)
    _context = context
    await connection_in_use().execute_query("SELECT 1")


async def close_database() -> None:
    """Wait a moment for what is being written, then disconnect."""
    global _context
    here = asyncio.get_running_loop()
    if unfinished := [task for task in _unfinished if task.get_loop() is here]:
        await asyncio.wait(unfinished, timeout=_CLOSING_SECONDS)
    if _context is not None:
        await _context.close_connections()
        _context = None
        EXECUTOR_CACHE.clear()  # Tortoise keeps SQL by the connection's name; the next database may speak another dialect
    for forget in _forgetters:
        forget()


def on_close(forget: Callable[[], None]) -> None:
    """Call this when the database is closed: what was remembered of it is worth nothing for another."""
    _forgetters.append(forget)


async def install(url: str) -> None:
    """Make what is missing of the schema, then the guards of what may only grow; safe to repeat. Opens and closes by itself."""
    await open_database(url, as_owner=True)
    try:
        await install_here()
    finally:
        await close_database()


async def install_here() -> None:
    """``install`` on the database that was opened as its owner."""
    assert _context is not None
    connection, apps = connection_in_use(), _config({})["apps"]
    migrated = {name: app for name, app in apps.items() if "migrations" in app}
    executor = MigrationExecutor(connection, migrated)
    await executor.migrate([MigrationTarget(name, "__latest__") for name in migrated])
    await _context.generate_schemas(safe=True)  # tables that have no migrations yet
    await install_guards(connection)


def connection_in_use() -> BaseDBAsyncClient:
    """The connection that a query of this task would take."""
    assert _context is not None, "open_database comes first"
    return _context.db("default")


def is_away(error: BaseException) -> bool:
    """Whether it says that the database can't be reached, is locked or full: what failed may be tried again later."""
    if isinstance(error, DBConnectionError | OSError | TimeoutError):
        return True
    cause = error.args[0] if isinstance(error, OperationalError | TransactionManagementError) and error.args else error
    if isinstance(cause, sqlite3.OperationalError):
        return str(getattr(cause, "sqlite_errorname", "")).startswith(_SQLITE_AWAY)
    if not type(error).__module__.startswith("asyncpg"):
        return False
    import asyncpg  # SQLite alone shouldn't load it

    away = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError)
    return isinstance(error, (*away, asyncpg.InsufficientResourcesError))


def is_sqlite(url: str) -> bool:
    """Whether the URL names the embedded database."""
    return url.startswith("sqlite://")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """Run a unit of work to its end even when its caller is cancelled.

    A client that hangs up cancels its request; cancelled inside BEGIN, Tortoise's SQLite client would keep its lock for
    ever or leave the transaction open, for everybody.
    """
    task = asyncio.create_task(work, name="unit of work")
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    return await asyncio.shield(task)


def unit_of_work(use_case: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run a use case ``whole``, in one transaction."""

    @functools.wraps(use_case)
    async def run(*arguments: P.args, **named: P.kwargs) -> T:
        async def work() -> T:
            async with in_transaction("default") as connection:
                if connection.capabilities.dialect == "sqlite":
                    # Take the write lock first: one taken after a read fails at once where another process has written.
                    await connection.execute_query("DELETE FROM institution WHERE 0")
                return await use_case(*arguments, **named)

        return await whole(work())

    return run


def detached(work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
    """A task that doesn't inherit the caller's transaction; the database waits for it when it closes."""
    task = asyncio.create_task(work, name=name, context=Context())
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    return task


def _private_file(path: Path) -> None:
    if str(path) == ":memory:":
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
