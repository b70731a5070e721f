"""The three times of a session at an instant: counted, held, not counted (pure)."""

from dataclasses import dataclass

from classroom.attendance.events import Effect
from classroom.attendance.state import Phase, Session, State
from classroom.attendance.turn import Turn


@dataclass(frozen=True, slots=True)
class Settled:
    """The state as if its open stretch ended now; ``counted + held + sum(not_counted)`` is the session's length."""

    state: State
    as_of: int
    session: Session | None
    counted_ms: int
    held_ms: int  # of this session
    not_counted_ms: dict[str, int]

    @property
    def total_ms(self) -> int:
        return self.counted_ms + self.held_ms + sum(self.not_counted_ms.values())


def settle(state: State, at: int) -> Settled:
    """What the page shows: while studying as of the last report, else up to ``at``."""
    if state.session is None:
        return _tally(state, state.last_session, at)
    turn = _ended(state, at)
    session = turn.state.session
    return _tally(turn.state, session, at if session is None else session.accounted_to)


def open_stretch(state: State, at: int) -> tuple[Effect, ...]:
    """Where the time since the last transition goes if nothing else happens; for the record of a running session."""
    return () if state.session is None else tuple(_ended(state, at).effects)


def _ended(state: State, at: int) -> Turn:
    turn = Turn(state)
    if state.segment is not None:
        turn.close_segment()
    if state.phase is not Phase.STUDYING or state.segment is None:
        turn.account(at)
    return turn


def _tally(state: State, session: Session | None, as_of: int) -> Settled:
    if session is None:
        return Settled(state, as_of, None, 0, 0, {})
    held = sum(stretch.ms for stretch in state.held if stretch.session == session.id)
    return Settled(state, as_of, session, session.counted_ms, held, dict(session.not_counted_ms))
