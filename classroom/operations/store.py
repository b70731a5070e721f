"""The only module that reads and writes the operation log."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from classroom.attendance.chain import GENESIS, row_hash, seal
from classroom.operations.rules import ROLL
from classroom.operations.tables import OperationHead, OperationRow

PAGE = 500


class ChainMoved(RuntimeError):
    """A chain's end isn't where its writer left it: somebody else wrote, or the database was changed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a chain."""

    id: int
    chain: str
    seq: int
    at: int
    actor: str | None
    payload: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The sealed end of a chain."""

    chain: str
    seq: int
    hash: str
    mac: str


def head_mac(key: str, chain: str, seq: int, linked: str) -> str:
    """The seal of an end."""
    return seal(key, "operations", chain, seq, linked)


async def append(key: str, chain: str, entries: Sequence[tuple[int, str | None, str]]) -> None:
    """Add (at, actor, payload) to a chain, all or none; a chain's first entry also enters it into the roll.

    Raises ChainMoved.
    """
    async with in_transaction() as connection:
        if await _add(connection, key, chain, entries):
            await _add(connection, key, ROLL, [(entries[0][0], None, chain)])


async def _add(
    connection: BaseDBAsyncClient, key: str, chain: str, entries: Sequence[tuple[int, str | None, str]]
) -> bool:
    """True where the chain is new."""
    head = await OperationHead.select_for_update().using_db(connection).get_or_none(chain=chain)
    seq, linked = (0, GENESIS) if head is None else (head.seq, head.hash)
    if head is not None and head.mac != head_mac(key, chain, seq, linked):
        raise ChainMoved(f"the end of chain {chain} isn't sealed by this platform's key")
    rows = []
    for at, actor, payload in entries:
        seq += 1
        linked = row_hash(linked, chain, seq, at, payload)
        rows.append(OperationRow(chain=chain, seq=seq, at=at, actor=actor, payload=payload, hash=linked))
    try:
        await OperationRow.bulk_create(rows, using_db=connection)
        values = {"seq": seq, "hash": linked, "mac": head_mac(key, chain, seq, linked)}
        if head is None:
            await OperationHead.create(chain=chain, using_db=connection, **values)
        else:
            await OperationHead.filter(chain=chain).using_db(connection).update(**values)
    except IntegrityError as error:
        raise ChainMoved(f"chain {chain} already has the row {seq}") from error
    return head is None


async def heads() -> list[Head]:
    """All ends."""
    return [Head(row.chain, row.seq, row.hash, row.mac) for row in await OperationHead.all().order_by("chain")]


async def chains() -> set[str]:
    """The names of all chains that have rows."""
    return {str(one) for one in await OperationRow.all().distinct().values_list("chain", flat=True)}


async def rows(chain: str) -> AsyncIterator[Row]:
    """A chain in order, a page at a time."""
    after = 0
    while page := await OperationRow.filter(chain=chain, seq__gt=after).order_by("seq").limit(PAGE):
        for row in page:
            yield _row(row)
        after = page[-1].seq


async def search(from_ms: int, to_ms: int, actor: str | None, before_id: int | None, limit: int) -> list[Row]:
    """Entries of a span, newest first."""
    query = OperationRow.filter(at__gte=from_ms, at__lt=to_ms).exclude(chain=ROLL)
    if actor is not None:
        query = query.filter(actor=actor)
    if before_id is not None:
        query = query.filter(id__lt=before_id)
    return [_row(row) for row in await query.order_by("-id").limit(limit)]


def _row(row: OperationRow) -> Row:
    return Row(row.id, row.chain, row.seq, row.at, row.actor, row.payload, row.hash)
