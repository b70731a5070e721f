"""The other control processes over the channel layer: in order, complete or known to be broken, and never waited for."""

import asyncio
import logging
import uuid
from collections import deque
from contextlib import suppress
from typing import Protocol

import structlog
from channels_redis.pubsub import RedisPubSubChannelLayer

from realtime.cluster.messages import Beat, Body, Envelope, decode, encode

BEAT_S = 1.0
SILENT_S = 5.0  # no sign of life for so long: every link is given up
OUTSIDE_S = 3.0
RETRY_S = 0.5
CLOSE_S = 0.5
OUTBOX_MESSAGES = 8_192  # full: the layer is too slow, it counts as gone
ALL = "all"

_log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Who hears of the others."""

    def heard(self, peer: str, body: Body) -> None:
        """A message; ``peer`` may be this process itself for what goes to all."""
        ...

    def lost(self, peer: str) -> None:
        """That process is gone, or something it said: no link with it holds any more."""
        ...

    def joined(self, peer: str) -> None:
        """A process is heard of that wasn't there, or was lost."""
        ...

    def connected(self) -> None:
        """The layer is there, for the first time or again."""
        ...


class Peers:
    """One channel a process, two groups: one of its own and one of all."""

    def __init__(self, url: str, prefix: str, key: str, me: str, listener: Listener) -> None:
        logging.getLogger("channels_redis").setLevel(logging.CRITICAL)  # a stack trace a second while Redis is away
        # The core layer of redis-py 8 drops idle connections unless this is None; we watch for silence ourselves.
        host = {"address": url, "socket_timeout": None, "socket_connect_timeout": OUTSIDE_S}
        self._layer = RedisPubSubChannelLayer(hosts=[host], prefix=prefix, symmetric_encryption_keys=[key])
        self._me = me
        self._listener = listener
        self._stream = ""
        self._sent: dict[str, int] = {}
        self._taken: dict[str, tuple[str, int]] = {}  # by peer: its stream, the number of its last message to us
        self._heard_at: dict[str, float] = {}
        self._outbox: deque[tuple[str, Body]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._overrun = False
        self.up = False

    def open(self) -> None:
        """Connect in the background, and again whenever the layer was away."""
        self._task = asyncio.create_task(self._run(), name="channel layer")

    async def close(self) -> None:
        """Let go of the layer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=2 * CLOSE_S)
        await self._flush()

    def reaches(self, peer: str) -> bool:
        """Whether that process has been heard of lately."""
        return self.up and peer in self._taken

    @property
    def others(self) -> set[str]:
        """The processes that have been heard of lately."""
        return set(self._taken) - {self._me} if self.up else set()

    def send(self, peer: str, body: Body) -> None:
        """Queue a message; lost with the link if the layer goes away."""
        if not self.up:
            return
        if len(self._outbox) >= OUTBOX_MESSAGES:
            self._overrun = True  # the writer ends, and with it everything is connected anew
        self._outbox.append((peer, body))
        self._wake.set()

    def send_all(self, body: Body) -> None:
        """To every process, this one included."""
        self.send(ALL, body)

    # -------------------------------------------------------------- the connection

    async def _run(self) -> None:
        while True:
            tasks: list[asyncio.Task[None]] = []
            try:
                channel = await self._subscribe()
                tasks = [
                    asyncio.create_task(self._read(channel), name="channel layer reader"),
                    asyncio.create_task(self._write(), name="channel layer writer"),
                    asyncio.create_task(self._watch(), name="channel layer watch"),
                ]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            except Exception as away:  # redis-py's, the operating system's, ours: the layer is away
                self._down(type(away).__name__)
            finally:
                for task in tasks:
                    task.cancel()
                if tasks:
                    await asyncio.wait(tasks, timeout=CLOSE_S)
            await asyncio.sleep(RETRY_S)

    async def _subscribe(self) -> str:
        await self._flush()
        self._stream = uuid.uuid4().hex
        self._sent.clear()
        self._outbox.clear()
        self._wake.clear()
        self._overrun = False
        async with asyncio.timeout(OUTSIDE_S):
            channel: str = await self._layer.new_channel()
            for group in (self._me, ALL):
                await self._layer.group_add(group, channel)
        return channel

    async def _flush(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._layer.flush()
        except Exception:
            _log.debug("The channel layer did not close in order.")

    def _down(self, error: str) -> None:
        if self.up:
            _log.error("The channel layer is away; it is tried again.", error=error)
        self.up = False
        for peer in tuple(self._taken):
            self._lose(peer)

    def _lose(self, peer: str) -> None:
        self._taken.pop(peer, None)
        self._heard_at.pop(peer, None)
        self._listener.lost(peer)

    # -------------------------------------------------------------- in

    async def _read(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
                envelope = decode(message["b"])
            except Exception as refused:  # sealed by another key, or of another version
                _log.error("Something on the channel layer can't be read.", error=type(refused).__name__)
                await asyncio.sleep(0.01)  # should it never end, others have their turns
                continue
            self._number(envelope)
            for body in envelope.bodies:
                self._hear(envelope, body)

    def _number(self, envelope: Envelope) -> None:
        """When something is missing before it, every link with its sender is given up."""
        peer = envelope.sender
        known = self._taken.get(peer)
        if known is not None and known[0] != envelope.stream:
            self._lose(peer)
            known = None
        self._heard_at[peer] = asyncio.get_running_loop().time()
        if envelope.first is not None:
            if known is not None and envelope.first != known[1] + 1:
                self._lose(peer)
            self._taken[peer] = (envelope.stream, envelope.first + len(envelope.bodies) - 1)

    def _hear(self, envelope: Envelope, body: Body) -> None:
        peer = envelope.sender
        if isinstance(body, Beat):
            said = body.sent.get(self._me, 0)
            known = self._taken.get(peer)
            if known is not None and known[1] != said:
                self._lose(peer)
            new = peer not in self._taken
            self._taken[peer] = (envelope.stream, said)
            if new and peer != self._me:
                self._listener.joined(peer)
            if peer == self._me and envelope.stream == self._stream and not self.up:
                self.up = True
                _log.info("The channel layer is there.")
                self._listener.connected()
            return
        try:
            self._listener.heard(peer, body)
        except Exception:  # a bug must cost one message, not the layer
            _log.exception("A message of another process could not be taken.", kind=type(body).__name__)

    # -------------------------------------------------------------- out

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        beat_at = loop.time()
        while not self._overrun:
            if loop.time() >= beat_at:
                beat_at = loop.time() + BEAT_S
                await self._publish(ALL, None, [Beat(dict(self._sent))])
            while self._outbox and loop.time() < beat_at:
                to, bodies = self._batch()
                first = None
                if to != ALL:
                    first = self._sent.get(to, 0) + 1
                    self._sent[to] = first + len(bodies) - 1
                await self._publish(to, first, bodies)
            if self._outbox:
                continue
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(beat_at):
                    await self._wake.wait()
        raise OverflowError("the layer takes less than is said")

    def _batch(self) -> tuple[str, list[Body]]:
        """All that follows each other to the same receiver."""
        to, body = self._outbox.popleft()
        bodies = [body]
        while self._outbox and self._outbox[0][0] == to and len(bodies) < 100:
            bodies.append(self._outbox.popleft()[1])
        return to, bodies

    async def _publish(self, to: str, first: int | None, bodies: list[Body]) -> None:
        message = {"b": encode(Envelope(self._me, self._stream, first, bodies))}
        async with asyncio.timeout(OUTSIDE_S):
            await self._layer.group_send(to, message)

    async def _watch(self) -> None:
        """Who says nothing is gone; when we don't even hear ourselves, the layer is."""
        loop = asyncio.get_running_loop()
        self._heard_at[self._me] = loop.time()
        while True:
            await asyncio.sleep(BEAT_S / 2)
            silent = [peer for peer, at in self._heard_at.items() if at < loop.time() - SILENT_S]
            if self._me in silent:
                raise TimeoutError("our own beats don't come back")
            for peer in silent:
                self._lose(peer)
