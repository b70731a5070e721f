"""The lean Channels consumer of the classroom socket: one reader, one writer, no thread and no task a message."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any

import structlog
from channels.consumer import AsyncConsumer

from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.people import faces, queue, web_sessions
from classroom.people.keys import session_key_hash
from classroom.people.rules import NOTICE_VERSION
from realtime.connection import AsgiReceive, AsgiSend, Connection
from realtime.gate import Crowded
from realtime.intake import Close, Intake
from realtime.origin import same_origin
from realtime.protocol import (
    CLOSE_MALFORMED,
    CLOSE_NOT_ENROLLED,
    CLOSE_RESTART,
    CLOSE_TOO_FAST,
    CLOSE_UNAUTHENTICATED,
    CLOSE_VERSION,
    VERSION,
    Begin,
    CameraError,
    CheckAck,
    CheckFrame,
    CheckOffer,
    FromPage,
    Hello,
    Refused,
    Rehearse,
    RehearseEnd,
)
from realtime.rehearsal import Rehearsal
from realtime.wiring import Seat, Wiring

HELLO_TIMEOUT_S = 10.0
OUTSIDE_TIMEOUT_S = 5.0  # a question to the database
CLOSE_TIMEOUT_S = 5.0  # for the page to answer a close
WAITING_MESSAGES = 32  # held while one is being worked on; more is TOO_FAST

_log = structlog.get_logger(__name__)


class ClassroomConsumer(AsyncConsumer):
    """One socket, from its handshake to its end."""

    def __init__(self, *, wiring: Wiring) -> None:
        self._wiring = wiring
        self._intake = Intake()
        self._waiting: list[FromPage] = []
        self._worker: asyncio.Task[None] | None = None
        self._seat: Seat | None = None
        self._rehearsal: Rehearsal | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        """Serve the socket; every task it started has ended when it returns."""
        connection = await self._accepted(scope, receive, send)
        if connection is None:
            return
        loop = asyncio.get_running_loop()
        hello_timer = loop.call_later(HELLO_TIMEOUT_S, self._no_hello, connection)
        writer = asyncio.create_task(connection.pump(send), name=f"outbox {connection.id}")
        self._wiring.connections.add(connection)
        try:
            async with asyncio.timeout(None) as until:
                writer.add_done_callback(lambda _: _at_latest(until, loop.time() + CLOSE_TIMEOUT_S))
                await self._read(receive, connection)
        except TimeoutError:
            pass  # the page doesn't take what is sent, or doesn't answer the close
        finally:
            hello_timer.cancel()
            self._wiring.connections.discard(connection)
            connection.close(CLOSE_RESTART)  # nothing is queued any more
            await self._end(connection, writer)

    async def _accepted(self, scope: Mapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> Connection | None:
        await receive()  # websocket.connect
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not same_origin(headers, self._wiring.allowed_hosts):
            await send({"type": "websocket.close", "code": CLOSE_UNAUTHENTICATED})  # before accept: HTTP 403
            return None
        await send({"type": "websocket.accept"})  # a browser sees no close code of a refused handshake
        connection = await self._authenticate(scope, headers)
        # The server keeps the scope for as long as a learner studies, and with it some KiB of a browser's headers.
        scope["headers"].clear()
        if isinstance(connection, int):
            await send({"type": "websocket.close", "code": connection})
            return None
        return connection

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Channels' hook for a message; ours are read in ``__call__``, without its hop to a thread."""
        raise AssertionError("not used")

    async def _read(self, receive: AsgiReceive, connection: Connection) -> None:
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            if connection.closing:
                continue  # until the peer has answered the close
            text = event.get("text")
            match self._intake.take(text if isinstance(text, str) else None, now_ms()):
                case Close(code=code):
                    connection.close(code)
                case Refused() as refused:
                    connection.send(refused)
                case CheckFrame() as frame:
                    self._frame(frame, connection)
                case None:
                    pass
                case message:
                    self._take(message, connection)

    def _take(self, message: FromPage, connection: Connection) -> None:
        """A heartbeat goes straight to the seat; what has to ask the database first keeps those behind it waiting."""
        if self._worker is None and not isinstance(message, Hello | Begin | Rehearse | RehearseEnd):
            self._pass_on(message, connection)
        elif len(self._waiting) >= WAITING_MESSAGES:
            connection.close(CLOSE_TOO_FAST)
        else:
            self._waiting.append(message)
            if self._worker is None:
                self._worker = asyncio.create_task(self._work(connection), name=f"inbox {connection.id}")

    def _frame(self, frame: CheckFrame, connection: Connection) -> None:
        """A picture goes past the queues, where ten a second would keep others waiting; without a check it is dropped."""
        if self._rehearsal is not None and frame.check_id == self._rehearsal.check_id:
            self._rehearsal.frame(frame.jpeg)
        elif self._seat is not None:
            self._seat.frame(connection, frame)
        elif self._worker is None:
            connection.close(CLOSE_MALFORMED)  # hello comes first

    async def _work(self, connection: Connection) -> None:
        try:
            while self._waiting and not connection.closing:
                message = self._waiting.pop(0)
                match message:
                    case Hello():
                        await self._hello(message, connection)
                    case Begin():
                        await self._begin(message, connection)
                    case Rehearse():
                        await self._rehearse(message, connection)
                    case RehearseEnd():
                        await self._leave_rehearsal()
                    case _:
                        self._pass_on(message, connection)
        except Exception:
            _log.exception("A message could not be served.", connection=connection.id)
            connection.close(CLOSE_RESTART)
        finally:
            self._worker = None

    async def _hello(self, hello: Hello, connection: Connection) -> None:
        if self._seat is not None:
            connection.close(CLOSE_MALFORMED)
            return
        if hello.version != VERSION:
            connection.close(CLOSE_VERSION)
            return
        try:
            async with self._wiring.arrivals:
                if not connection.closing:  # it waited, and has said rubbish meanwhile
                    await self._arrive(hello, connection)
        except Crowded:
            connection.close(CLOSE_RESTART)

    async def _arrive(self, hello: Hello, connection: Connection) -> None:
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            enrolled = await courses.is_enrolled(connection.learner_id, hello.class_id)
        if not enrolled:
            connection.close(CLOSE_NOT_ENROLLED)
            return
        connection.class_id = hello.class_id
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            self._seat = await self._wiring.seats.attach(connection, hello)

    async def _begin(self, begin: Begin, connection: Connection) -> None:
        if await self._consented(begin, connection):
            await self._leave_rehearsal()
            self._pass_on(begin, connection)

    async def _rehearse(self, rehearse: Rehearse, connection: Connection) -> None:
        if self._seat is None:
            connection.close(CLOSE_MALFORMED)
            return
        if self._seat.check_open:
            connection.send(Refused(seq=0, code="CHECK_OPEN", message_type="rehearse"))
            return
        if not await self._consented(rehearse, connection):
            return
        await self._leave_rehearsal()
        match await self._wiring.rehearsals.begin(connection, rehearse.purpose):
            case Refused() as refused:
                connection.send(refused)
            case rehearsal:
                self._rehearsal = rehearsal

    async def _consented(self, message: Begin | Rehearse, connection: Connection) -> bool:
        """Separate consent comes before any camera picture (PIPL 29; 人脸识别技术应用安全管理办法 5)."""
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            consent = await faces.consent_of(connection.learner_id)
            given = consent is not None and consent.version == NOTICE_VERSION
            if not given and isinstance(message, Begin):  # whose checks are by a person gives no face data
                given = await queue.way_of(connection.learner_id, connection.class_id) == "always"
        if not given:
            tag = str(message.__struct_config__.tag)
            connection.send(Refused(seq=0, code="CONSENT_NEEDED", message_type=tag))
        return given

    def _pass_on(self, message: FromPage, connection: Connection) -> None:
        if self._seat is None:
            connection.close(CLOSE_MALFORMED)  # hello comes first
        elif (
            isinstance(message, CheckAck | CheckOffer | CameraError)
            and self._rehearsal is not None
            and message.check_id == self._rehearsal.check_id
        ):
            self._rehearsal.receive(message)
        else:
            self._seat.receive(connection, message)

    async def _leave_rehearsal(self) -> None:
        if self._rehearsal is not None:
            rehearsal, self._rehearsal = self._rehearsal, None
            await rehearsal.leave()

    async def _end(self, connection: Connection, writer: asyncio.Task[None]) -> None:
        tasks: list[asyncio.Task[None]] = [writer, *([self._worker] if self._worker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await self._leave_rehearsal()
        if self._seat is not None:
            self._seat.detach(connection)

    def _no_hello(self, connection: Connection) -> None:
        if self._seat is None and self._worker is None:  # else hello is here, and the database is slow
            connection.close(CLOSE_MALFORMED)

    async def _authenticate(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Connection | int:
        key = session_cookie(headers, self._wiring.cookie)
        if key is None:
            return CLOSE_UNAUTHENTICATED
        try:
            async with self._wiring.doors, asyncio.timeout(OUTSIDE_TIMEOUT_S):
                found = await web_sessions.signed_in(key)
        except Crowded:
            return CLOSE_RESTART
        except Exception:
            _log.exception("A session could not be looked up.")
            return CLOSE_RESTART
        if found is None:
            return CLOSE_UNAUTHENTICATED
        peer = scope.get("client") or ("", 0)
        seen = headers.get(b"user-agent", b"") + b"\0" + str(peer[0]).encode()
        device = hmac.new(self._wiring.device_key, seen, hashlib.sha256).hexdigest()[:32]
        return Connection(
            learner_id=found.account_id,
            device=device,
            session=session_key_hash(key),
            expires_at_ms=found.expires_at_ms,
        )


def _at_latest(until: asyncio.Timeout, instant: float) -> None:
    with suppress(RuntimeError):  # reading ended in the same turn of the loop
        until.reschedule(instant)


def session_cookie(headers: Mapping[bytes, bytes], name: str) -> str | None:
    """The web session's key, or None."""
    try:
        morsel = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None
