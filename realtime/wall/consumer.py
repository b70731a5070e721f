"""The socket of a wall: signed-in watchers ask for classes of their own scope and are told what changes in them (row 20)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from channels.consumer import AsyncConsumer

from classroom.attendance.reach import DONE
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.people import service as people
from classroom.people.keys import session_key_hash
from classroom.people.rules import Unknown
from classroom.supervision import persons
from realtime.connection import AsgiReceive, AsgiSend
from realtime.consumer import session_cookie
from realtime.gate import Crowded
from realtime.origin import same_origin
from realtime.wall import protocol as p
from realtime.wall.page import Wall
from realtime.wiring import Wiring

OUTSIDE_TIMEOUT_S = 5.0
WATCH_TIMEOUT_S = 20.0  # names of a class are opened one by one
CLOSE_TIMEOUT_S = 5.0
MESSAGES_A_MINUTE = 60

_log = structlog.get_logger(__name__)
_decoder = msgspec.json.Decoder(p.FromWall)


class WallConsumer(AsyncConsumer):
    """One socket, from its handshake to its end."""

    def __init__(self, *, wiring: Wiring) -> None:
        self._wiring = wiring
        self._taken_at: list[int] = []

    async def __call__(self, scope: Mapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        """Serve the socket; every task it started has ended when it returns."""
        await receive()  # websocket.connect
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not same_origin(headers, self._wiring.allowed_hosts):
            await send({"type": "websocket.close", "code": p.CLOSE_UNAUTHENTICATED})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})  # a browser sees no close code of a refused handshake
        wall = await self._authenticate(headers)
        if isinstance(wall, int):
            await send({"type": "websocket.close", "code": wall})
            return
        writer = asyncio.create_task(wall.pump(send), name="wall")
        self._wiring.connections.add(wall)
        try:
            await self._read(receive, wall, writer)
        finally:
            self._wiring.connections.discard(wall)
            wall.leave()
            if self._wiring.calls is not None:
                self._wiring.calls.leave(wall)
            writer.cancel()
            await asyncio.wait([writer])

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Channels' hook for a message; ours are read in ``__call__``."""
        raise AssertionError("not used")

    async def _read(self, receive: AsgiReceive, wall: Wall, writer: asyncio.Task[None]) -> None:
        while True:
            reading = asyncio.ensure_future(receive())
            await asyncio.wait([reading, writer], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():  # the page was closed, or takes nothing: it has a moment to answer
                await asyncio.wait([reading], timeout=CLOSE_TIMEOUT_S)
            if not reading.done():
                reading.cancel()
                return
            event = reading.result()
            if event["type"] == "websocket.disconnect":
                return
            if not wall.closing:
                await self._take(event.get("text"), wall)

    async def _take(self, text: object, wall: Wall) -> None:
        now = now_ms()
        self._taken_at = [*(at for at in self._taken_at if at > now - 60_000), now]
        if len(self._taken_at) > MESSAGES_A_MINUTE:
            wall.close(p.CLOSE_TOO_FAST)
        elif not isinstance(text, str):
            wall.close(p.CLOSE_MALFORMED)
        elif len(text) > p.MAX_MESSAGE_BYTES:
            wall.close(p.CLOSE_TOO_LARGE)
        else:
            try:
                message = _decoder.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
                wall.close(p.CLOSE_MALFORMED)
                return
            match message:
                case p.Watch():
                    await self._watch(message, wall)
                case _:
                    await self._call(message, wall)

    async def _call(self, message: p.PersonAttend | p.PersonAnswer | p.PersonSeen, wall: Wall) -> None:
        """In a call only between the learner and who took it: judged by the rows here, by the attendance at the seat."""
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                if not await self._called(message, wall):
                    wall.say(p.WallRefused("NOT_NOW", None))
        except Exception:
            _log.exception("A call could not be served.")
            wall.close(p.CLOSE_RESTART)

    async def _called(self, message: p.PersonAttend | p.PersonAnswer | p.PersonSeen, wall: Wall) -> bool:
        calls, check = self._wiring.calls, message.check_id
        if calls is None or len(check) > 32 or "\0" in check:
            return False
        if isinstance(message, p.PersonAttend):
            attendance = await persons.attending(wall.learner_id, check)
            if attendance is None or not calls.attend(check, wall, attendance, wall.learner_id):
                return False
            servers = [] if self._wiring.ice is None else self._wiring.ice.issue(now_ms())
            wall.say(p.WallCall(check, servers))
            return await persons.say(attendance, "attend", check, wall.learner_id) == DONE
        attended = calls.attended(check, wall)
        if attended is None:
            return False
        what, words = ("answer", message.sdp) if isinstance(message, p.PersonAnswer) else ("seen", "")
        return await persons.say(attended[0], what, check, attended[1], words) == DONE

    async def _watch(self, message: p.Watch, wall: Wall) -> None:
        if message.version != p.VERSION:
            wall.close(p.CLOSE_VERSION)
            return
        wall.say(p.WallWelcome(p.VERSION, now_ms()))
        if len(set(message.classes)) > p.MAX_CLASSES:
            wall.say(p.WallRefused("TOO_MANY_CLASSES", None))
            return
        try:
            async with asyncio.timeout(WATCH_TIMEOUT_S):
                seen: dict[str, p.Since | None] = {}
                account = await people.account(wall.learner_id)
                for class_id in dict.fromkeys(message.classes):
                    try:
                        if account is None or len(class_id) > 32 or "\0" in class_id:
                            raise Unknown
                        seen[(await scope.class_seen(account, class_id)).id] = message.since.get(class_id)
                    except Unknown:
                        wall.say(p.WallRefused("NOT_FOUND", class_id[:32]))
                await wall.watch(seen)
        except Exception:
            _log.exception("A wall could not be shown.")
            wall.close(p.CLOSE_RESTART)

    async def _authenticate(self, headers: Mapping[bytes, bytes]) -> Wall | int:
        key, walls = session_cookie(headers, self._wiring.cookie), self._wiring.walls
        if key is None or walls is None:
            return p.CLOSE_UNAUTHENTICATED
        try:
            async with self._wiring.arrivals, asyncio.timeout(OUTSIDE_TIMEOUT_S):
                found = await people.signed_in(key)
        except Crowded:
            return p.CLOSE_RESTART
        except Exception:
            _log.exception("A session could not be looked up.")
            return p.CLOSE_RESTART
        if found is None:
            return p.CLOSE_UNAUTHENTICATED
        return Wall(
            walls, account_id=found.account_id, session=session_key_hash(key), expires_at_ms=found.expires_at_ms
        )
