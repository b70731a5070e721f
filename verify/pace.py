"""How far behind the measuring of frames is."""

from collections import deque

BEHIND_MS = 250.0  # on average; a judge sees ten frames a second, or it sees half of what the learner does
STARVED_MS = 400.0  # a frame that waited for longer can't hold an action (actions.GAP_MS)
STARVED_FRAMES = 5
LATE_WITHIN_MS = 10_000.0  # of which half late: a process that gets a part of the time judges a part of the actions
THIN = 0.5  # of the planned looks left out: measured, eight checks at 5.4 frames a second lost no try, ten at 4.6 did
SMOOTHING = 0.2


class Pace:
    """Of a whole process; admission asks it, so that one check more doesn't spoil all."""

    def __init__(self) -> None:
        self._average_ms = 0.0

    def note(self, waited_ms: float) -> None:
        """Take in how long a frame waited for its measures."""
        self._average_ms += SMOOTHING * (waited_ms - self._average_ms)

    @property
    def behind(self) -> bool:
        """Whether another check would be judged on too few frames."""
        return self._average_ms > BEHIND_MS

    def rest(self) -> None:
        """Forget what was: nothing runs any more."""
        self._average_ms = 0.0


class Starvation:
    """Of one check: frames in a row that waited too long, or judging that was late for half of a while.

    Both are this process' own clock against its own plan. A page that sends nothing, or rubbish, makes nothing late: its
    check is looked at ten times a second all the same, and is missed at its deadline.
    """

    def __init__(self) -> None:
        self._frames = 0
        self._looks: deque[tuple[float, float]] = deque()  # when, and how late, over the newest LATE_WITHIN_MS
        self._late_ms = 0.0  # of all of them
        self._stalled_ms = 0.0  # of those that were late by more than an action may last unseen

    def note(self, waited_ms: float) -> bool:
        """Take in a frame; return whether the check can't be judged fairly any more."""
        self._frames = self._frames + 1 if waited_ms > STARVED_MS else 0
        return self._frames >= STARVED_FRAMES

    def looked(self, at_ms: float, late_ms: float) -> bool:
        """Take in by how much a look at the check came later than planned; return what ``note`` does."""
        self._looks.append((at_ms, late_ms))
        self._count(late_ms, 1)
        while self._looks[0][0] <= at_ms - LATE_WITHIN_MS:
            self._count(self._looks.popleft()[1], -1)
        return self._stalled_ms >= LATE_WITHIN_MS / 2

    @property
    def thin(self) -> bool:
        """Whether an action may have been overlooked: many small delays end no check, but no try is lost in them."""
        return self._late_ms >= LATE_WITHIN_MS * THIN

    def _count(self, late_ms: float, sign: int) -> None:
        self._late_ms += sign * max(0.0, late_ms)
        if late_ms > STARVED_MS:
            self._stalled_ms += sign * late_ms
