"""Writes the operation log for one process, searches it, and verifies it."""

import asyncio
from collections.abc import Sequence

import structlog

from classroom.attendance.chain import GENESIS, row_hash
from classroom.database import whole
from classroom.operations import store
from classroom.operations.rules import ROLL, NotAnOperation, Operation, chain_of, operation_of, text_of

WAITING = 1_000  # entries; whoever comes then waits: an act that isn't in the log isn't answered
GATHER_S = 0.005  # what arrives within it shares a transaction
WRITE_TIMEOUT_S = 10.0
TRIES = 5
RETRY_S = 0.2
PAGE_AT_MOST = 200

_log = structlog.get_logger(__name__)


class LogUnavailable(RuntimeError):
    """The entry could not be written; what it is about must not be answered as done."""

    code = "BUSY"


class OperationLog:
    """One chain a day, written by one task; ``write`` returns once the entry is committed."""

    def __init__(self, process: str, key: str) -> None:
        self._process = process
        self._key = key
        self._waiting: asyncio.Queue[tuple[Operation, asyncio.Future[None]]] = asyncio.Queue(WAITING)
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start writing; from now on ``write_down`` goes here."""
        global _in_use
        _in_use = self
        self._task = asyncio.create_task(self._run(), name="operation log")

    async def close(self) -> None:
        """Write what waits, then stop."""
        global _in_use
        if self._task is None:
            return
        if _in_use is self:
            _in_use = None
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._waiting.join()
        except TimeoutError:
            _log.error("Entries of the operation log were lost at the end.", entries=self._waiting.qsize())
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def write(self, operation: Operation) -> None:
        """Keep one entry. Raises LogUnavailable."""
        if self._task is None:
            raise LogUnavailable("the operation log isn't open")
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._waiting.put((operation, written))
                await asyncio.shield(written)
        except TimeoutError:
            raise LogUnavailable("the operation log doesn't answer") from None

    async def _run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            await asyncio.sleep(GATHER_S)
            while not self._waiting.empty() and len(batch) < WAITING:
                batch.append(self._waiting.get_nowait())
            try:
                await self._keep(batch)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _keep(self, batch: Sequence[tuple[Operation, asyncio.Future[None]]]) -> None:
        chains: dict[str, list[tuple[Operation, asyncio.Future[None]]]] = {}
        for operation, written in batch:
            chains.setdefault(chain_of(self._process, operation.at_ms), []).append((operation, written))
        for chain, entries in chains.items():
            failure = await self._append(chain, [operation for operation, _ in entries])
            for _, written in entries:
                if written.done():
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)
                    written.exception()  # whoever waited may have gone

    async def _append(self, chain: str, operations: Sequence[Operation]) -> LogUnavailable | None:
        entries = [(operation.at_ms, operation.actor, text_of(operation)) for operation in operations]
        for _ in range(TRIES):
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await whole(store.append(self._key, chain, entries))
                return None
            except Exception:  # the database is away, or another process entered its chain into the roll just then
                _log.warning("The operation log could not be written; it is tried again.", exc_info=True)
                await asyncio.sleep(RETRY_S)
        _log.error("Entries could not be kept in the operation log.", entries=len(entries))
        return LogUnavailable("the operation log can't be written")


_in_use: OperationLog | None = None


async def write_down(operation: Operation) -> None:
    """Keep one entry in this process' log. Raises LogUnavailable."""
    if _in_use is None:
        raise LogUnavailable("the operation log isn't open")
    await _in_use.write(operation)


async def search(
    from_ms: int, to_ms: int, *, actor: str | None = None, before_id: int | None = None, limit: int = PAGE_AT_MOST
) -> list[tuple[int, Operation]]:
    """Entries with their ids, newest first; the last id is the next page's ``before_id``."""
    found = await store.search(from_ms, to_ms, actor, before_id, min(limit, PAGE_AT_MOST))
    return [(row.id, operation_of(row.payload)) for row in found]


async def verify(key: str) -> tuple[int, list[str]]:
    """Every chain, its seal and the roll; the answer is how many entries were verified, and what was found."""
    heads = {head.chain: head for head in await store.heads()}
    chains = await store.chains()
    named = {row.payload async for row in store.rows(ROLL)}
    findings = [f"chain {chain}: deleted: the roll names it, its rows are gone" for chain in sorted(named - chains)]
    findings += [f"chain {chain}: not in the roll" for chain in sorted((chains | set(heads)) - named - {ROLL})]
    if (ROLL in heads) != (ROLL in chains) or (chains and ROLL not in chains):
        findings.append("the roll is gone")
    count = 0
    for chain in sorted(chains):
        entries, found = await _verify(key, chain, heads.get(chain))
        count += 0 if chain == ROLL else entries
        findings += found
    return count, findings


async def _verify(key: str, chain: str, head: store.Head | None) -> tuple[int, list[str]]:
    linked, seq = GENESIS, 0
    async for row in store.rows(chain):
        seq += 1
        if row.seq != seq:
            return seq, [f"chain {chain} row {seq}: missing"]
        linked = row_hash(linked, chain, seq, row.at, row.payload)
        if row.hash != linked:
            return seq, [f"chain {chain} row {seq}: changed"]
        if chain != ROLL and (found := _fits(row)):
            return seq, [f"chain {chain} row {seq}: {found}"]
    if head is None:
        return seq, [f"chain {chain}: its head is gone"]
    if head.mac != store.head_mac(key, chain, head.seq, head.hash):
        return seq, [f"chain {chain}: its head isn't sealed by this platform's key"]
    if (head.seq, head.hash) != (seq, linked):
        return seq, [f"chain {chain} row {seq}: cut or hashed anew: the head says {head.seq} rows"]
    return seq, []


def _fits(row: store.Row) -> str | None:
    try:
        operation = operation_of(row.payload)
    except NotAnOperation:
        return "can't be read"
    if (operation.at_ms, operation.actor) != (row.at, row.actor):
        return "its columns say something else than its entry"
    return None
