"""Peak and mean of every sum, minute by minute, from each change with its instant (pure)."""

from collections import deque
from dataclasses import dataclass

from classroom.oversight.rules import MINUTE_MS, Kept
from realtime.census.count import NONE, Count
from realtime.census.keys import Key

WAITING_AT_MOST = 10  # minutes that nobody has written; older ones are another process' or lost


@dataclass(slots=True)
class _Mark:
    count: Count
    since: int
    online_peak: int
    studying_peak: int
    online_ms: int = 0
    studying_ms: int = 0

    def run(self, until: int) -> None:
        self.online_ms += self.count.online * (until - self.since)
        self.studying_ms += self.count.studying * (until - self.since)
        self.since = until

    def row(self, key: str) -> Kept:
        online, studying = round(self.online_ms / MINUTE_MS, 2), round(self.studying_ms / MINUTE_MS, 2)
        return Kept(key, self.online_peak, online, self.studying_peak, studying)

    def reset(self) -> None:
        self.online_ms = self.studying_ms = 0
        self.online_peak, self.studying_peak = self.count.online, self.count.studying


class Minutes:
    """Sums of a facet and an institution at once aren't kept: they would be most of the rows."""

    def __init__(self, at: int) -> None:
        self._minute = at // MINUTE_MS
        self._marks: dict[Key, _Mark] = {}
        self.closed: deque[tuple[int, list[Kept]]] = deque(maxlen=WAITING_AT_MOST)

    def moved(self, key: Key, after: Count, at: int) -> None:
        """A sum is another from this instant on."""
        if key.facet and key.institution:
            return
        self.turn(at)
        mark = self._marks.get(key)
        if mark is None:
            mark = self._marks[key] = _Mark(NONE, at, 0, 0)
        mark.run(max(at, mark.since))
        mark.count = after
        mark.online_peak = max(mark.online_peak, after.online)
        mark.studying_peak = max(mark.studying_peak, after.studying)

    def turn(self, at: int) -> None:
        """Close every minute that has ended by then."""
        while self._minute < at // MINUTE_MS:
            end = (self._minute + 1) * MINUTE_MS
            rows = []
            for key, mark in tuple(self._marks.items()):
                mark.run(end)
                rows.append(mark.row(str(key)))
                mark.reset()
                if not any(mark.count):
                    del self._marks[key]
            self.closed.append((self._minute, rows))
            self._minute += 1
