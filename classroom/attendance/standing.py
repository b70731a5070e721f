"""What watchers may know of one attendance: made from its state, never kept beside it (rows 20, 29, 38)."""

import msgspec

from classroom.attendance.state import State
from classroom.attendance.times import settle


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """One learner in one class as of its newest event. Instants are epoch ms; the three times are of the day ``day``."""

    epoch: int  # of the owner that said it
    seq: int  # of the newest journal row in it
    as_of: int
    day: int  # number of the day in China, see state.day_of
    phase: str
    reason: str | None
    since: int  # phase, reason and connection are as they are since then
    connected: bool  # a session is running, and its page is here
    session: str | None
    lesson: str | None  # the open one
    position_ms: int  # in it
    counted_ms: int
    held_ms: int
    not_counted_ms: int
    check_id: str | None  # the last check that has an outcome
    check_kind: str | None
    check_outcome: str | None
    check_reason: str | None
    check_at: int | None
    flags: tuple[str, ...]  # risk flags of the day; suspicion costs no second
    failed_checks: int = 0  # of the day; older rows don't say

    @property
    def order(self) -> tuple[int, int, int]:
        """The higher one was said later, whichever process said it."""
        return self.epoch, self.seq, self.as_of


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Standing)


def standing_of(state: State, at: int, epoch: int, seq: int, before: Standing | None) -> Standing:
    """``before`` is what was said last: it knows since when things are as they are."""
    settled = settle(state, at)
    shown, day, outcome = settled.state, settled.state.day, state.outcome
    connected = state.session is not None and state.connected
    same = before is not None and (before.phase, before.reason, before.connected) == (
        state.phase.value,
        state.reason,
        connected,
    )
    check = None if outcome is None else outcome.check
    check_at = at if before is None or before.check_id != check else before.check_at
    return Standing(
        epoch=epoch,
        seq=seq,
        as_of=at,
        day=day.number,
        phase=state.phase.value,
        reason=state.reason,
        since=before.since if before is not None and same else at,
        connected=connected,
        session=None if state.session is None else state.session.id,
        lesson=state.lesson,
        position_ms=_position(state),
        counted_ms=day.counted_ms,
        held_ms=sum(stretch.ms for stretch in shown.held if stretch.day == day.number),
        not_counted_ms=day.not_counted_ms,
        check_id=check,
        check_kind=None if outcome is None else outcome.kind,
        check_outcome=None if outcome is None else outcome.outcome,
        check_reason=None if outcome is None else outcome.reason,
        check_at=None if check is None else check_at,
        flags=tuple(flag for flag, _ in day.flags),
        failed_checks=day.failed_checks,
    )


def _position(state: State) -> int:
    if state.segment is not None:
        return state.segment.position_ms
    lesson = state.lesson_of(state.lesson or "")
    return 0 if lesson is None else lesson.earned_to_ms


def encode(standing: Standing) -> str:
    """As the seat's row holds it."""
    return _encoder.encode(standing).decode()


def decode(text: str | None) -> Standing | None:
    """The inverse; None where an older version wrote it, or nobody: it is made anew from the journal."""
    if text is None:
        return None
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError:
        return None
