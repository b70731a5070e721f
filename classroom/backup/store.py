"""Every table of the platform, read in one snapshot and written in one transaction, whatever the slices keep in them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from tortoise.apps import Apps
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import get_current_context
from tortoise.models import Model
from tortoise.transactions import in_transaction

PAGE = 1_000


def models() -> list[type[Model]]:
    """All, those that others refer to first."""
    context = get_current_context()
    assert context is not None, "open_database comes first"
    apps: Apps = context.apps  # type: ignore[assignment]
    found = {model._meta.db_table: model for app in apps.values() for model in app.values()}
    ordered: dict[str, type[Model]] = {}

    def add(model: type[Model]) -> None:
        for name in sorted(model._meta.fk_fields):
            other = model._meta.fields_map[name].related_model  # type: ignore[attr-defined]
            if other is not model:
                add(other)
        ordered.setdefault(model._meta.db_table, model)

    for name in sorted(found):
        add(found[name])
    return list(ordered.values())


def columns(model: type[Model]) -> list[str]:
    """Its columns, in one order."""
    return sorted(model._meta.fields_db_projection.values())


def snapshot() -> Any:
    """All that is read in it is of one instant; who writes meanwhile isn't held up."""
    return _Snapshot()


class _Snapshot:
    async def __aenter__(self) -> BaseDBAsyncClient:
        self._transaction = in_transaction("default")
        connection: BaseDBAsyncClient = await self._transaction.__aenter__()
        if _postgres(connection):
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return connection

    async def __aexit__(self, *about: Any) -> None:
        await self._transaction.__aexit__(*about)


async def pages(connection: BaseDBAsyncClient, model: type[Model]) -> AsyncIterator[list[list[Any]]]:
    """The rows by their key, a page at a time."""
    names, key, table = columns(model), model._meta.db_pk_column, model._meta.db_table
    chosen = ", ".join(f'"{name}"' for name in names)
    mark = "$1" if _postgres(connection) else "?"
    after: Any = None
    while True:
        where = "" if after is None else f'WHERE "{key}" > {mark} '
        sql = f'SELECT {chosen} FROM "{table}" {where}ORDER BY "{key}" LIMIT {PAGE}'
        rows = await connection.execute_query_dict(sql, [] if after is None else [after])
        if rows:
            yield [[row[name] for name in names] for row in rows]
            after = rows[-1][key]
        if len(rows) < PAGE:
            return


async def first_with_rows(connection: BaseDBAsyncClient) -> str | None:
    """A table that isn't empty, or None."""
    for model in models():
        table = model._meta.db_table
        if await connection.execute_query_dict(f'SELECT 1 AS one FROM "{table}" LIMIT 1'):
            return table
    return None


async def insert(
    connection: BaseDBAsyncClient, model: type[Model], names: Sequence[str], rows: Iterable[list[Any]]
) -> None:
    """Add rows as they were."""
    marks = [f"${n}" if _postgres(connection) else "?" for n in range(1, len(names) + 1)]
    chosen = ", ".join(f'"{name}"' for name in names)
    sql = f'INSERT INTO "{model._meta.db_table}" ({chosen}) VALUES ({", ".join(marks)})'
    await connection.execute_many(sql, list(rows))


async def follow_on(connection: BaseDBAsyncClient, model: type[Model]) -> None:
    """The next generated key comes after those that were restored."""
    if _postgres(connection) and model._meta.pk.generated:
        table, key = model._meta.db_table, model._meta.db_pk_column
        await connection.execute_query(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), (SELECT max(\"{key}\") FROM \"{table}\"))"
            f' WHERE EXISTS (SELECT 1 FROM "{table}")'
        )


def dialect(connection: BaseDBAsyncClient) -> str:
    """Which database it is: sqlite or postgres."""
    return connection.capabilities.dialect


def _postgres(connection: BaseDBAsyncClient) -> bool:
    return connection.capabilities.dialect == "postgres"
