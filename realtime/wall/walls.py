"""The boards of this process: filled from the database, kept by its own seats and by what other processes say of theirs."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, get_args

import structlog

from classroom import notices
from classroom.attendance.standing import Standing, decode
from classroom.attendance.store import SeatSeen
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.people import service as people
from realtime.cluster.messages import Body, Standings, Watching
from realtime.seen import Seen, Sight
from realtime.wall.board import Board
from realtime.wall.protocol import NewsOf

ANNOUNCE_S = 2.0  # between two times that it is said what is watched here: what the layer lost is made up for
FLUSH_S = 0.5  # at most twice a second, whatever happens in a class
OUTSIDE_S = 10.0

_log = structlog.get_logger(__name__)


class Here(Protocol):
    """The seats of this process."""

    owner: str

    def standings(self, class_id: str) -> list[Seen]:
        """Of the seats that live here."""
        ...

    async def standings_of_class(self, class_id: str) -> list[SeatSeen]:
        """What the database says of all of them."""
        ...


class Others(Protocol):
    """The other processes; there may be none."""

    @property
    def others(self) -> set[str]: ...
    def reaches(self, peer: str) -> bool: ...
    def send(self, peer: str, body: Body) -> None: ...
    def send_all(self, body: Body) -> None: ...


class Walls:
    """One object a process."""

    def __init__(self, here: Here, sight: Sight, others: Others | None) -> None:
        self._here = here
        self._others = others
        self._boards: dict[str, Board] = {}
        self._walls: dict[str, set[Callable[[], None]]] = {}  # by class: what wakes each wall on it
        self._loading: dict[str, asyncio.Lock] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._watching: dict[str, set[str]] = {}  # by other process: the classes that are watched there
        self._to_say: dict[str, dict[str, Seen]] = {}  # by class, for others: the newest of each learner
        self._say_timer: asyncio.TimerHandle | None = None
        self._announce_timer: asyncio.TimerHandle | None = None
        self._meeting: dict[str, asyncio.Task[None]] = {}  # by class: who was enrolled since it was loaded is let in
        sight.closely = self._closely
        self._stop = (sight.watch(self._seen), notices.subscribe("class_news", self._class_news))

    async def close(self) -> None:
        """Stop listening."""
        for stop in self._stop:
            stop()
        for task in self._meeting.values():
            task.cancel()
        await asyncio.gather(*self._meeting.values(), return_exceptions=True)
        for timer in (*self._timers.values(), self._say_timer, self._announce_timer):
            if timer is not None:
                timer.cancel()

    def board(self, class_id: str) -> Board | None:
        """Where it is watched."""
        return self._boards.get(class_id)

    async def watch(self, class_id: str, wake: Callable[[], None]) -> None:
        """A wall looks at this class from now on; ``wake`` is called whenever its board has a new version."""
        self._walls.setdefault(class_id, set()).add(wake)
        async with self._loading.setdefault(class_id, asyncio.Lock()):
            if class_id not in self._boards:
                await self._load(class_id)
            if class_id not in self._walls:  # who waited for it has gone meanwhile
                self._forget(class_id)
        wake()

    def leave(self, class_id: str, wake: Callable[[], None]) -> None:
        """It doesn't any more; a board that nobody looks at goes."""
        left = self._walls.get(class_id, set())
        left.discard(wake)
        if not left:
            self._walls.pop(class_id, None)
            if class_id not in self._loading or not self._loading[class_id].locked():
                self._forget(class_id)

    def _forget(self, class_id: str) -> None:
        self._boards.pop(class_id, None)
        self._loading.pop(class_id, None)
        if (timer := self._timers.pop(class_id, None)) is not None:
            timer.cancel()
        self._announce()

    async def _load(self, class_id: str) -> None:
        board = Board(class_id)
        async with asyncio.timeout(OUTSIDE_S):
            board.enter(await people.names_of(await courses.members_of(class_id)))
        # From here on what is said goes into the board; the order of Standing settles what the database brings later.
        self._boards[class_id] = board
        self._announce()
        try:
            async with asyncio.timeout(OUTSIDE_S):
                stored = await self._here.standings_of_class(class_id)
        except BaseException:
            self._forget(class_id)
            raise
        for one in stored:
            standing = decode(one.standing)
            taken = standing is not None and board.take(one.learner_id, standing, one.owner, quiet=False)
            if taken and not one.owner_lives:
                board.stale(one.owner, one.alive_at)
        for seen in self._here.standings(class_id):
            board.take(seen.learner_id, seen.standing, self._here.owner, quiet=False)
        board.flush(now_ms())

    # -------------------------------------------------------------- what is said of seats

    def _closely(self, class_id: str) -> bool:
        return class_id in self._boards or any(class_id in watched for watched in self._watching.values())

    def _seen(self, seen: Seen) -> None:
        self._put(seen.class_id, seen.learner_id, seen.standing, self._here.owner, quiet=seen.quiet)
        if self._others is not None and any(seen.class_id in watched for watched in self._watching.values()):
            news = self._to_say.setdefault(seen.class_id, {})
            before = news.get(seen.learner_id)
            if before is not None and not before.quiet:
                seen = Seen(seen.learner_id, seen.class_id, seen.standing, quiet=False)
            news[seen.learner_id] = seen
            if self._say_timer is None:
                self._say_timer = asyncio.get_running_loop().call_later(FLUSH_S / 2, self._say)

    def _put(self, class_id: str, learner_id: str, standing: Standing | None, source: str, *, quiet: bool) -> None:
        board = self._boards.get(class_id)
        if board is None:
            return
        if board.take(learner_id, standing, source, quiet=quiet):
            self._soon(class_id)
        elif standing is not None and not board.knows(learner_id) and class_id not in self._meeting:
            task = asyncio.create_task(self._meet(board, learner_id), name=f"wall of {class_id}")
            self._meeting[class_id] = task
            task.add_done_callback(lambda _: self._meeting.pop(class_id, None))

    async def _meet(self, board: Board, learner_id: str) -> None:
        """A learner who was enrolled after the board was made; what is known of them is asked for once."""
        try:
            async with asyncio.timeout(OUTSIDE_S):
                board.enter(await people.names_of(await courses.members_of(board.class_id)))
                stored = await self._here.standings_of_class(board.class_id)
        except Exception:  # the next heartbeat tries again
            _log.exception("Who joined a class could not be looked up.", class_id=board.class_id)
            return
        if not board.knows(learner_id):
            board.enter([(learner_id, "")])  # not in use any more, but here: shown without a name rather than not at all
        for one in stored:
            if (known := decode(one.standing)) is not None:
                board.take(one.learner_id, known, one.owner, quiet=False)
        self._soon(board.class_id)

    def _soon(self, class_id: str) -> None:
        if class_id not in self._timers:
            self._timers[class_id] = asyncio.get_running_loop().call_later(FLUSH_S, self._flush, class_id)

    def _flush(self, class_id: str) -> None:
        self._timers.pop(class_id, None)
        board = self._boards.get(class_id)
        if board is not None and board.flush(now_ms()):
            for wake in tuple(self._walls.get(class_id, ())):
                wake()

    async def _class_news(self, *, class_id: str, **fields: Any) -> None:
        board = self._boards.get(class_id)
        if board is None or fields["list"] not in get_args(NewsOf):
            return
        board.announce(fields["list"])
        for wake in tuple(self._walls.get(class_id, ())):
            wake()

    # -------------------------------------------------------------- other processes

    def _announce(self) -> None:
        if self._others is None:
            return
        if self._announce_timer is not None:
            self._announce_timer.cancel()
            self._announce_timer = None
        self._others.send_all(Watching(sorted(self._boards)))
        if self._boards:
            self._announce_timer = asyncio.get_running_loop().call_later(ANNOUNCE_S, self._announce)

    def _say(self) -> None:
        self._say_timer = None
        news, self._to_say = self._to_say, {}
        for class_id, seen in news.items():
            for peer, watched in self._watching.items():
                if class_id in watched:
                    self._tell(peer, class_id, list(seen.values()))

    def _tell(self, peer: str, class_id: str, seen: list[Seen]) -> None:
        if self._others is not None and seen:
            self._others.send(peer, Standings(class_id, [(one.learner_id, one.standing, one.quiet) for one in seen]))

    def heard(self, peer: str, body: Body) -> None:
        """A message of another process."""
        match body:
            case Watching() if self._others is None or not self._others.reaches(peer):
                pass  # it couldn't be answered now; it is said again
            case Watching(classes=classes) if peer != self._here.owner:
                before, self._watching[peer] = self._watching.get(peer, set()), set(classes)
                for class_id in self._watching[peer] - before:
                    self._tell(peer, class_id, self._here.standings(class_id))
            case Standings(class_id=class_id, standings=standings):
                for learner_id, standing, quiet in standings:
                    self._put(class_id, learner_id, standing, peer, quiet=quiet)
            case _:
                pass

    def joined(self, peer: str) -> None:
        """A process that wasn't there: it learns what is watched here, and says what it has of it."""
        if self._others is not None and self._boards:
            self._others.send(peer, Watching(sorted(self._boards)))

    def connected(self) -> None:
        """The layer is there: what was said before has reached nobody."""
        self._announce()

    def lost(self, peer: str) -> None:
        """A process is gone, or can't be heard: nothing of it is shown without its age."""
        self._watching.pop(peer, None)
        for class_id, board in self._boards.items():
            if board.stale(peer, now_ms()):
                self._soon(class_id)
