"""One class as its walls see it: rows by learner, the newest wins, changes gathered into numbered deltas."""

import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from classroom.attendance.standing import Standing
from realtime.wall.protocol import Row, Tick, WallClass, WallDelta

KEPT_DELTAS = 60  # half a minute of changes; a wall that was away longer is given the class whole

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Learner:
    n: int
    learner_id: str
    name: str
    standing: Standing | None = None
    source: str = ""  # the process that owns the seat; empty where nobody does
    stale_since_ms: int | None = None


class Board:
    """Built anew wherever a class begins to be watched; ``id`` tells one building from another."""

    def __init__(self, class_id: str) -> None:
        self.class_id = class_id
        self.id = uuid.uuid4().hex
        self.version = 0
        self._of: dict[str, _Learner] = {}
        self._changed: dict[str, bool] = {}  # learner: whether its row goes whole, or a tick is enough
        self._deltas: deque[str] = deque(maxlen=KEPT_DELTAS)  # the newest has the board's version
        self._whole: tuple[int, str] | None = None
        self.news: dict[str, int] = {}  # by list of the class: how often it was said to have changed

    def enter(self, people: Iterable[tuple[str, str]]) -> None:
        """Learners of the class with their names; who is here already keeps the row."""
        for learner_id, name in people:
            if learner_id not in self._of:
                self._of[learner_id] = _Learner(len(self._of), learner_id, name)
                self._changed[learner_id] = True

    def knows(self, learner_id: str) -> bool:
        """Whether there is a row."""
        return learner_id in self._of

    def take(self, learner_id: str, standing: Standing | None, source: str, *, quiet: bool) -> bool:
        """What a process says of a seat; False where it is nobody's here, or older than what is known.

        ``standing`` None: the process has let go of the seat; what was said last holds.
        """
        one = self._of.get(learner_id)
        if one is None:
            return False
        if standing is None:
            if one.source == source:
                one.source = ""
            return False
        if one.standing is not None and standing.order < one.standing.order:
            return False
        whole = not quiet or one.standing is None or one.stale_since_ms is not None or not _moved_only(one, standing)
        one.standing, one.source, one.stale_since_ms = standing, source, None
        self._changed[learner_id] = self._changed.get(learner_id, False) or whole
        return True

    def stale(self, source: str, since_ms: int) -> bool:
        """A process can't be heard any more: its rows may be older than they look."""
        found = False
        for one in self._of.values():
            if one.source == source and one.stale_since_ms is None:
                one.stale_since_ms = since_ms
                self._changed[one.learner_id] = found = True
        return found

    def announce(self, of: str) -> None:
        """That list of the class is another one now; walls fetch it by HTTP."""
        self.news[of] = self.news.get(of, 0) + 1

    def flush(self, now_ms: int) -> bool:
        """Make what changed into one delta; False where nothing did."""
        if not self._changed:
            return False
        changed, self._changed = self._changed, {}
        self.version += 1
        rows = [_row(self._of[learner]) for learner, whole in changed.items() if whole]
        ticks = [_tick(self._of[learner]) for learner, whole in changed.items() if not whole]
        self._deltas.append(_text(WallDelta(self.class_id, self.id, self.version, now_ms, rows, ticks)))
        return True

    def since(self, board: str, version: int, now_ms: int) -> tuple[list[str], int]:
        """The messages that bring a page which knows this version up to date, and the version that it knows then."""
        behind = self.version - version
        if board == self.id and 0 <= behind <= len(self._deltas):
            return list(self._deltas)[len(self._deltas) - behind :], self.version
        if self._whole is None or self._whole[0] != self.version:
            self._whole = self.version, _text(self.snapshot(now_ms))
        return [self._whole[1]], self.version

    def snapshot(self, now_ms: int) -> WallClass:
        """The class whole. What changed and isn't in a delta yet is in it, and comes again."""
        rows = [_row(one) for one in self._of.values()]
        return WallClass(self.class_id, self.id, self.version, now_ms, rows)


def _moved_only(one: _Learner, standing: Standing) -> bool:
    before = one.standing
    assert before is not None
    moved = msgspec.structs.replace(
        before,
        epoch=standing.epoch,
        seq=standing.seq,
        as_of=standing.as_of,
        position_ms=standing.position_ms,
        held_ms=standing.held_ms,
        not_counted_ms=standing.not_counted_ms,  # a start or a stall of some milliseconds, as each report tells it
    )
    return moved == standing


def _tick(one: _Learner) -> Tick:
    standing = one.standing
    assert standing is not None
    return one.n, standing.as_of, standing.position_ms, standing.held_ms, standing.not_counted_ms


def _row(one: _Learner) -> Row:
    standing = one.standing
    if standing is None:
        return _never_seen(one)
    return Row(
        n=one.n,
        learner_id=one.learner_id,
        name=one.name,
        as_of_ms=standing.as_of,
        stale_since_ms=one.stale_since_ms,
        day=standing.day,
        phase=standing.phase,
        reason=standing.reason,
        since_ms=standing.since,
        connected=standing.connected,
        lesson_id=standing.lesson,
        position_ms=standing.position_ms,
        counted_ms=standing.counted_ms,
        held_ms=standing.held_ms,
        not_counted_ms=standing.not_counted_ms,
        check_id=standing.check_id,
        check_kind=standing.check_kind,
        check_outcome=standing.check_outcome,
        check_reason=standing.check_reason,
        check_at_ms=standing.check_at,
        flags=list(standing.flags),
    )


def _never_seen(one: _Learner) -> Row:
    return Row(
        n=one.n,
        learner_id=one.learner_id,
        name=one.name,
        as_of_ms=None,
        stale_since_ms=None,
        day=0,
        phase="browsing",
        reason=None,
        since_ms=None,
        connected=False,
        lesson_id=None,
        position_ms=0,
        counted_ms=0,
        held_ms=0,
        not_counted_ms=0,
        check_id=None,
        check_kind=None,
        check_outcome=None,
        check_reason=None,
        check_at_ms=None,
        flags=[],
    )


def _text(message: WallClass | WallDelta) -> str:
    return _encode(message).decode()
