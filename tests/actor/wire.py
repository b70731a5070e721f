"""A bad line: a TCP proxy on loopback that a test cuts, stalls and mends."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

CHUNK = 65_536


class Wire:
    """Passes bytes on to a server while it is well; runs a loop of its own, so that a test without one can use it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._well = asyncio.Event()
        self._well.set()
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.opened = 0  # connections so far

    @property
    def url(self) -> str:
        """Where the far end is reached by this line."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self, *, refuse: bool = True) -> None:
        """Break every connection; new ones are refused until it is mended, or not."""
        self._call(self._cut(refuse))

    def stall(self) -> None:
        """Carry no byte any more, and tell nobody: a train in a tunnel."""
        self._call(self._set(well=False))

    def mend(self) -> None:
        """Carry again, also what was held up."""
        self._call(self._set(well=True))

    @contextmanager
    def away(self) -> Iterator[None]:
        """Cut for the length of a block."""
        self.cut()
        try:
            yield
        finally:
            self.mend()

    def _call(self, work: "asyncio.Future[None] | object") -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        await self._cut(True)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _cut(self, refuse: bool) -> None:
        self._refuses = refuse
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _set(self, *, well: bool) -> None:
        self._refuses = False
        (self._well.set if well else self._well.clear)()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        self.opened += 1
        far: asyncio.StreamWriter | None = None
        try:
            back, far = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers |= {writer, far}
            ways = [asyncio.ensure_future(self._pass(reader, far)), asyncio.ensure_future(self._pass(back, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass  # the server is away, or the test is over
        finally:
            for one in (writer, far):
                if one is not None:
                    self._writers.discard(one)
                    one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._well.wait()
                writer.write(data)
                await writer.drain()
