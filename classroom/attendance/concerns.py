"""What of a transition a person should look at (row 29); suspicion alone costs no second."""

from collections.abc import Iterable
from dataclasses import dataclass

from classroom.attendance.checks import WHOSE_FACE
from classroom.attendance.events import CloseCheck, Effect, EndSession, Raise
from classroom.attendance.state import State

OFTEN = {"seek": 5, "progress_ahead": 3, "window_switching": 10}  # times a day until somebody should look
ENDS = {"IDLE": "idle", "TAKEN_OVER": "second_device"}


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that needs a person; written in the transaction of its journal row, so that no crash loses it."""

    seq: int  # of the journal row
    at: int
    kind: str
    about: str  # the check, the session; empty for a flag
    reason: str | None = None
    cost_ms: int = 0


def concerns_of(effects: Iterable[Effect], state: State, seq: int, at: int) -> list[Concern]:
    """Of what one event led to; ``state`` is the one after it."""
    effects, found = tuple(effects), []
    raised = [effect.flag for effect in effects if isinstance(effect, Raise)]
    for effect in effects:
        match effect:
            case CloseCheck(instant, _, check, _, ("failed" | "missed") as outcome, reason, cost_ms):
                kind = WHOSE_FACE.get(reason or "", "spoof" if "spoof" in raised else f"check_{outcome}")
                found.append(Concern(seq, instant, kind, check, reason, cost_ms))
            case EndSession(instant, session, reason) if reason in ENDS:
                found.append(Concern(seq, instant, ENDS[reason], session, reason))
            case _:
                pass
    times = dict(state.day.flags)
    found += [Concern(seq, at, flag, "") for flag in raised if times.get(flag) == OFTEN.get(flag, 0)]
    if "check_failures" in raised and state.day.failed_checks >= state.rules.failed_checks_a_day:
        found.append(Concern(seq, at, "check_failures", ""))
    return found
