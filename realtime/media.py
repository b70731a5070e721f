"""The control plane's client of a media process: one WebSocket a check, which is the check."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
import structlog

from classroom.clock import now_ms
from realtime.ice import IceServers
from verify.protocol import (
    Abort,
    Busy,
    Failed,
    Frame,
    FromMedia,
    Granted,
    Hint,
    IceServer,
    Offer,
    Open,
    Passed,
    ToMedia,
)

OPEN_TIMEOUT_S = 3.0
SEND_TIMEOUT_S = 3.0
PROBE_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 1.0
HEARTBEAT_S = 2.0  # a silent process is given up 1 s after an unanswered ping: dead within 3 s
INBOX_MESSAGES = 64  # when full: hints are dropped, anything else ends the check as MediaDown
GRACE_S = 5.0  # past the check's own end; a process that lives and gives no verdict is down too
OVERLOADED_CODE = 1013  # "try again later", with which verify/ gives a check up
ENDED = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
MAX_REPLY_BYTES = 4 * 1024 * 1024  # a verdict carries a JPEG

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[FromMedia] = msgspec.json.Decoder(FromMedia)


class MediaError(Exception):
    """The media plane did not do what was asked."""


class MediaBusy(MediaError):
    """No slot is free now."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("no slot is free")
        self.retry_after_ms = retry_after_ms


class MediaDown(MediaError):
    """The process can't be reached or died, by our own evidence: PROVIDER_DOWN."""


class MediaOverloaded(MediaDown):
    """The process lives and says that it is too slow for this check to be judged fairly: BUSY."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a media process says of itself."""

    running: int
    slots: int


class MediaCheck:
    """A granted check: offers and an abort go in, messages come out until the verdict."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, request: Open, heartbeat_s: float) -> None:
        self.check_id = request.check_id
        self._socket = socket
        self._heartbeat_s = heartbeat_s
        self._ends_at = asyncio.get_running_loop().time() + (request.camera_ms + request.window_ms) / 1000 + GRACE_S
        self._inbox: asyncio.Queue[FromMedia | None] = asyncio.Queue(INBOX_MESSAGES + 1)  # one place for the end
        self._over = False  # verdict received, or ended by us: a break is no news any more
        self._read_out = False
        self._frame: bytes | None = None  # the newest that waits while another is on its way
        self._framer: asyncio.Task[None] | None = None
        self._reader = asyncio.create_task(self._read(), name=f"media check {request.check_id}")

    async def offer(self, sdp: str) -> None:
        """Relay the page's SDP offer; MediaDown when the process doesn't take it."""
        await self._send(Offer(sdp=sdp))

    def frame(self, jpeg: bytes) -> None:
        """Relay a picture; never waits: while one is on its way, only the newest is kept."""
        self._frame = jpeg
        if self._framer is None and not self._over:
            self._framer = asyncio.create_task(self._send_frames(), name=f"media frames {self.check_id}")

    async def _send_frames(self) -> None:
        try:
            while self._frame is not None and not self._over:
                jpeg, self._frame = self._frame, None
                await self._send(Frame(jpeg))
        except MediaDown:
            pass  # the reader notices by itself
        finally:
            self._framer = None

    async def abort(self) -> None:
        """End the check without a verdict; never fails, and the iteration then just ends."""
        self._over = True
        try:
            await self._send(Abort())
        except MediaDown:
            pass  # it is gone already, which is what was wanted
        await self.close()

    async def close(self) -> None:
        """Let go of the socket and of the reader, on every path; may be called again."""
        self._over = True
        tasks = [self._reader, *([self._framer] if self._framer is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT_S)
        await _shut(self._socket)
        self._finish()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FromMedia:
        """The next message up to the verdict; MediaDown when the socket broke, or the time ran out, without one."""
        if self._read_out:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._inbox.get()
        except TimeoutError:
            self._read_out = True
            await self.close()
            raise MediaDown("no verdict in time") from None
        if message is not None and not isinstance(message, Passed | Failed):
            return message
        self._read_out = True
        broken = not self._over
        await self.close()
        if message is not None:
            return message
        if broken:
            if self._socket.close_code == OVERLOADED_CODE:
                raise MediaOverloaded("the media process has too much to do")
            raise MediaDown("the media process went away")
        raise StopAsyncIteration

    async def _send(self, message: ToMedia) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send_str(_encode(message).decode())
        except (aiohttp.ClientError, ConnectionError, TimeoutError, RuntimeError) as broken:
            raise MediaDown("the media process doesn't take messages") from broken

    async def _read(self) -> None:
        try:
            while (frame := await _receive(self._socket, self._heartbeat_s)).type not in ENDED:
                message = _parse(frame)
                if isinstance(message, Passed | Failed):
                    self._over = True
                if self._inbox.qsize() < INBOX_MESSAGES:
                    self._inbox.put_nowait(message)
                elif not isinstance(message, Hint):
                    _log.warning("A check's messages were not read; it is given up.", check_id=self.check_id)
                    return
                if self._over:
                    return
        except (MediaDown, aiohttp.ClientError, ConnectionError):
            _log.warning("A check's socket broke, or held what the protocol doesn't.", check_id=self.check_id)
        finally:
            self._finish()

    def _finish(self) -> None:
        if not self._inbox.full():
            self._inbox.put_nowait(None)


class MediaPlane:
    """Opens checks at one media address."""

    def __init__(
        self, url: str, secret: str, *, heartbeat_s: float = HEARTBEAT_S, turn: IceServers | None = None
    ) -> None:
        """``turn`` gives each check credentials of its own."""
        self._url = f"{url.rstrip('/')}/checks"
        self._health = f"{url.rstrip('/')}/healthz"
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._heartbeat_s = heartbeat_s
        self._turn = turn or IceServers()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # A check holds a connection as long as it lasts; how many there may be is for the media plane's slots to say.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def answers(self) -> bool:
        """Whether the process says in time that it is well."""
        return await self.health() is not None

    async def health(self) -> Health | None:
        """How much it has to do; None where it doesn't say in time that it is well."""
        assert self._session is not None, "used as an async context"
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S), self._session.get(self._health) as answer:
                said = await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, ConnectionError, TimeoutError, ValueError):
            return None
        return Health(int(said.get("running", 0)), int(said.get("slots", 1))) if isinstance(said, dict) else None

    async def open(self, request: Open) -> MediaCheck:
        """Reserve a slot; MediaBusy without one, MediaDown without an answer in 3 s."""
        assert self._session is not None, "used as an async context"
        socket: aiohttp.ClientWebSocketResponse | None = None
        granted = False
        if issued := self._turn.issue(now_ms()):
            servers = [IceServer(one.urls, one.username, one.credential) for one in issued]
            request = msgspec.structs.replace(request, ice_servers=servers)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                socket = await self._session.ws_connect(
                    self._url, headers=self._headers, autoping=False, max_msg_size=MAX_REPLY_BYTES
                )
                await socket.send_str(_encode(request).decode())
                answer = _parse(await _receive(socket, self._heartbeat_s))
            if isinstance(answer, Busy):
                raise MediaBusy(answer.retry_after_ms)
            if not isinstance(answer, Granted):
                raise MediaDown("the media process did not grant")
            granted = True
            return MediaCheck(socket, request, self._heartbeat_s)
        except (aiohttp.ClientError, ConnectionError, TimeoutError, RuntimeError) as unreachable:
            raise MediaDown("the media process can't be reached") from unreachable
        finally:
            if socket is not None and not granted:
                await _shut(socket)


async def _receive(socket: aiohttp.ClientWebSocketResponse, heartbeat_s: float) -> aiohttp.WSMessage:
    """The next message but pings and their answers; MediaDown when a ping isn't answered.

    With a heartbeat of aiohttp's own each socket is a circle of 34 objects: garbage that the collector stops every learner for.
    """
    asked = False
    while True:
        try:
            async with asyncio.timeout(heartbeat_s / 2 if asked else heartbeat_s):
                frame = await socket.receive()
        except TimeoutError:
            if asked:
                raise MediaDown("the media process doesn't answer") from None
            asked = True
            await socket.ping()
            continue
        asked = False
        if frame.type is aiohttp.WSMsgType.PING:
            await socket.pong(frame.data)
        elif frame.type is not aiohttp.WSMsgType.PONG:
            return frame


def _parse(frame: aiohttp.WSMessage) -> FromMedia:
    if frame.type is not aiohttp.WSMsgType.TEXT:
        raise MediaDown("the media process closed the check")
    try:
        return _decoder.decode(frame.data)
    except msgspec.DecodeError as malformed:
        raise MediaDown("the media process doesn't speak the protocol") from malformed


async def _shut(socket: aiohttp.ClientWebSocketResponse) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await socket.close()
    except (aiohttp.ClientError, ConnectionError, TimeoutError, RuntimeError):
        pass  # the transport is closed with the session at the latest
