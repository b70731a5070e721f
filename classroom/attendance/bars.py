"""What keeps a learner from earning without ending the session: a pause by staff, a suspension."""

from classroom.attendance.events import PausedByStaff, Refuse, ResumedByStaff
from classroom.attendance.state import BARS, Phase
from classroom.attendance.turn import Turn

ELSEWHERE = frozenset({Phase.AWAITING_LOGIN_CHECK, Phase.CHALLENGED, Phase.SIGNED_OUT})  # a check goes on, barred or not


def pause(turn: Turn, event: PausedByStaff) -> None:
    """Stops a session; survives its end, so that nobody gets rid of it by signing out and in."""
    if turn.state.session is None:
        turn.effects.append(Refuse("NO_SESSION"))
    elif "PAUSED_BY_STAFF" in turn.state.barred:
        turn.effects.append(Refuse("NOT_NOW"))  # somebody was first
    else:
        bar(turn, "PAUSED_BY_STAFF")
        turn.set(bar_ends_at=event.until)


def resume(turn: Turn, event: ResumedByStaff) -> None:
    """The learner may go on, by a press of their own: they may have left the desk meanwhile."""
    if "PAUSED_BY_STAFF" in turn.state.barred:
        lift(turn, event.at, "PAUSED_BY_STAFF")
    else:
        turn.effects.append(Refuse("NOT_NOW"))


def bar(turn: Turn, reason: str) -> None:
    """From now on nothing is earned."""
    if reason not in turn.state.barred:
        turn.set(barred=tuple(one for one in BARS if one == reason or one in turn.state.barred))


def lift(turn: Turn, at: int, reason: str) -> None:
    """This bar is gone; with the last one the barred pause ends."""
    state = turn.state
    if reason not in state.barred:
        return
    left = tuple(one for one in state.barred if one != reason)
    turn.set(barred=left, bar_ends_at=None if reason == "PAUSED_BY_STAFF" else state.bar_ends_at)
    if left or state.phase is not Phase.PAUSED or state.reason not in BARS:
        return
    turn.account(at)
    turn.set(interacted_at=at)  # nobody idled meanwhile
    if not state.connected:
        turn.set(reason="DISCONNECTED")
    elif state.hidden:
        turn.set(reason="PAGE_HIDDEN")
    else:
        turn.set(phase=Phase.BROWSING, reason=None)


def rest(turn: Turn, at: int) -> None:
    """Wherever an event or a deadline led: who is barred and not at a check is in the barred pause."""
    state = turn.state
    if not state.barred or state.session is None or state.phase in ELSEWHERE:
        return
    reason = state.barred[0]
    if state.phase is Phase.PAUSED and state.reason == reason:
        return
    if state.phase is Phase.STUDYING and state.segment is not None and state.blurred_at is None:
        turn.freeze(at)  # the page's last position is still awaited: it costs no second
        turn.release()
        turn.stop_waiting(at)
        turn.set(phase=Phase.PAUSED, reason=reason)
    else:
        turn.pause(at, reason)
