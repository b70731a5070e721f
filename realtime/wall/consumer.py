"""The socket of a wall: signed-in watchers ask for classes of their own scope and are told what changes in them (row 20)."""

import asyncio

import msgspec
import structlog

from classroom.attendance.reach import DONE
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.people import service as people
from classroom.people.rules import Unknown
from classroom.supervision import persons
from realtime.wall import protocol as p
from realtime.wall.page import Wall
from realtime.watcher import OUTSIDE_TIMEOUT_S, Watcher

WATCH_TIMEOUT_S = 20.0  # names of a class are opened one by one

_log = structlog.get_logger(__name__)


class WallConsumer(Watcher[Wall]):
    """What a wall says: which classes it watches, and its part in a live check."""

    decoder = msgspec.json.Decoder(p.FromWall)
    max_message_bytes = p.MAX_MESSAGE_BYTES
    messages_a_minute = 60

    def page_of(self, *, account_id: str, session: str, expires_at_ms: int) -> Wall | None:
        walls = self.wiring.walls
        if walls is None:
            return None
        return Wall(walls, account_id=account_id, session=session, expires_at_ms=expires_at_ms)

    def left(self, page: Wall) -> None:
        super().left(page)
        if self.wiring.calls is not None:
            self.wiring.calls.leave(page)

    async def take(self, message: p.FromWall, page: Wall) -> None:
        match message:
            case p.Watch():
                await self._watch(message, page)
            case _:
                await self._call(message, page)

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
        calls, check = self.wiring.calls, message.check_id
        if calls is None or len(check) > 32 or "\0" in check:
            return False
        if isinstance(message, p.PersonAttend):
            attendance = await persons.attending(wall.learner_id, check)
            if attendance is None or not calls.attend(check, wall, attendance, wall.learner_id):
                return False
            servers = [] if self.wiring.ice is None else self.wiring.ice.issue(now_ms())
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
