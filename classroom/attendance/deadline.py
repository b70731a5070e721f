"""When the next transition is due by itself; a deadline is data, the alarm only rings at it."""

from typing import Literal

from classroom.attendance.state import BARS, WAITING_FOR_US, Phase, State

Due = Literal[
    "check", "rival_check", "owed", "draw", "forced", "overdue", "silence", "blur", "idle", "idle_warning", "bar_ends"
]


def next_due(state: State) -> tuple[int, Due] | None:
    """The earliest instant at which something happens without anybody's doing, and what."""
    rules = state.rules
    found: list[tuple[int, Due]] = []
    if state.check is not None:
        found.append((state.check.deadline(rules), "check"))
    if state.rival is not None and state.rival.check is not None:
        found.append((state.rival.check.deadline(rules), "rival_check"))
    if state.phase is Phase.STUDYING:
        found.append((state.contact_at + rules.report_gap_ms, "silence"))
        if state.blurred_at is not None:
            found.append((state.blurred_at + rules.blur_ms, "blur"))
        segment = state.segment
        running = segment is not None and not segment.capped and segment.frozen_at is None
        if segment is not None and running and state.owed is not None and not state.requested:
            found.append((segment.opened_at, "owed"))  # owed since before a day's cap kept it back
        if segment is not None and running and state.owed is None:
            if state.draw_at_ms is not None:
                left = max(0, state.draw_at_ms - state.studied_ms)
                found.append((segment.opened_at + left, "draw"))
            if state.last_pass_at is not None:
                found.append((max(state.last_pass_at + rules.forced_ms, segment.opened_at), "forced"))
        if segment is not None and running and state.requested and state.last_pass_at is not None:
            latest = state.last_pass_at + rules.forced_ms + rules.margin_ms  # a later push would end past the interval
            found.append((max(latest, segment.opened_at), "overdue"))
    if state.bar_ends_at is not None:
        found.append((state.bar_ends_at, "bar_ends"))
    if idles(state):
        sign_out = state.interacted_at + rules.idle_ms
        found.append((sign_out, "idle"))
        if state.warned_at <= state.interacted_at:
            found.append((sign_out - rules.idle_warning_ms, "idle_warning"))
    return min(found) if found else None


def deadline(state: State) -> int | None:
    """The instant of the next transition by itself, or None."""
    due = next_due(state)
    return None if due is None else due[0]


def idles(state: State) -> bool:
    """Whether the idle clock runs: never while somebody waits for us, or may not go on."""
    if state.session is None or state.phase in (Phase.SIGNED_OUT, Phase.CHALLENGED):
        return False
    if state.phase is Phase.AWAITING_LOGIN_CHECK:
        return not state.connected  # else the learner waits for us
    if state.phase is Phase.PAUSED and state.reason in BARS:
        return not state.connected  # else the learner waits for staff
    return not (state.phase is Phase.PAUSED and state.reason in WAITING_FOR_US)
