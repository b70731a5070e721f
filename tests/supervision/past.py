"""Puts an attendance into the database as a seat would have left it: a lesson watched, a check lost, nobody there."""

from dataclasses import replace

from classroom.attendance import service
from classroom.attendance.codec import decode
from classroom.attendance.events import CheckFailed, CheckPushed
from classroom.attendance.ledger import Ledger
from classroom.clock import now_ms
from classroom.supervision import alerts
from tests.attendance.desk import Desk, ms

CHECK, SESSION = "c" * 32, "5" * 32


class Past(Desk):
    """A desk whose first second was so long ago, and whose journal is kept in the database."""

    def __init__(self, ago_ms: int = 3_600_000, **rules: object) -> None:
        self.starts_at = now_ms() - ago_ms
        super().__init__(2_700, draw=100, **rules)

    def at(self, second: float) -> int:  # type: ignore[override]
        return self.starts_at + ms(second)

    def seconds(self, instant: int | None) -> float | None:  # type: ignore[override]
        return None if instant is None else (instant - self.starts_at) / 1000

    async def keep(self, learner_id: str, class_id: str) -> str:
        """Write it; returns the attendance."""
        store = service.reading_store("past", alerts.write)
        lessons = tuple((one.id, one.length_ms) for one in self.state.lessons)
        attendance = await service.attendance_of(store, learner_id, class_id, lessons, self.starts_at)
        claim = await store.claim(attendance, now_ms())
        ledger = Ledger(attendance, claim.epoch, claim.rows, claim.checkpoint)
        for row in self.ledger.take().rows[1:]:
            before, event = decode(row.payload)
            if before is not None:
                ledger.apply(before)
            ledger.apply(event)
        assert await store.save([replace(ledger.take(), release=True)], now_ms()) == set()
        return attendance


def lost(session: str = SESSION, check: str = CHECK, ago_ms: int = 3_600_000) -> Past:
    """A hundred seconds dropped by a check that showed another face."""
    past = Past(ago_ms)
    past.login(0, session)
    past.opens(0)
    past.plays(0)
    past.watches(100)
    past.do(CheckPushed(past.at(101), session, check))
    past.shown(102, check, 100)
    past.do(CheckFailed(past.at(110), check, "NO_MATCH"))
    return past
