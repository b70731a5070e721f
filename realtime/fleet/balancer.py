"""A small balancer for one machine: each connection goes to the ready process that has fewest, byte for byte.

It ends no TLS and adds no header; in production a real proxy stands here (docs/operations/Caddyfile).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

PROBE_EVERY_S = 0.5
PROBE_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 2.0
CHUNK_BYTES = 64 * 1024

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Upstream:
    """One control process."""

    port: int
    ready: bool = False
    open: int = 0


class Balancer:
    """Listens for pages; asks each process twice a second whether it takes new ones."""

    def __init__(self, ports: list[int]) -> None:
        self.upstreams = [Upstream(port) for port in ports]
        self._server: asyncio.Server | None = None
        self._prober: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> None:
        """Listen."""
        self._prober = asyncio.create_task(self._probe(), name="balancer probe")
        self._server = await asyncio.start_server(self._accepted, host, port, backlog=4096)

    async def close(self) -> None:
        """Let go of every connection."""
        tasks = [*self._tasks, *([self._prober] if self._prober is not None else [])]
        if self._server is not None:
            self._server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="balanced connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for upstream in sorted(self.upstreams, key=lambda one: (not one.ready, one.open)):
                try:
                    async with asyncio.timeout(CONNECT_TIMEOUT_S):
                        there = await asyncio.open_connection("127.0.0.1", upstream.port)
                except (OSError, TimeoutError):
                    upstream.ready = False
                    continue
                upstream.open += 1
                try:
                    await _splice((reader, writer), there)
                finally:
                    upstream.open -= 1
                return
        finally:
            writer.close()

    async def _probe(self) -> None:
        while True:
            for upstream in self.upstreams:
                ready = await is_ready(upstream.port)
                if ready != upstream.ready:
                    upstream.ready = ready
                    _log.info(
                        "A process takes new pages." if ready else "A process takes no new pages.", port=upstream.port
                    )
            await asyncio.sleep(PROBE_EVERY_S)


async def is_ready(port: int) -> bool:
    """Whether ``/readyz`` answers 200."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _splice(here: Ends, there: Ends) -> None:
    """Until either end is done; a slow reader holds its writer back."""
    flows = [
        asyncio.create_task(_flow(here[0], there[1]), name="to the process"),
        asyncio.create_task(_flow(there[0], here[1]), name="to the page"),
    ]
    try:
        await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)
        there[1].close()


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
