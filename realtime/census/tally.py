"""This process' own seats, counted by class as each of them changes (pure)."""

from classroom.attendance.standing import Standing
from realtime.census.count import NONE, Count, Counts, count_of, moved, put


class Tally:
    """One addition for each change of a seat; nobody ever goes through the seats."""

    def __init__(self) -> None:
        self._seats: dict[tuple[str, str], Count] = {}  # by learner and class; those that count only
        self._classes: dict[str, Count] = {}
        self._changed: set[str] = set()

    def see(self, learner_id: str, class_id: str, standing: Standing | None) -> Count | None:
        """A seat as of its newest commit; the class' new count, where it has changed."""
        seat, after = (learner_id, class_id), count_of(standing)
        before = self._seats.get(seat, NONE)
        if before == after:
            return None
        put(self._seats, seat, after)
        count = moved(self._classes.get(class_id, NONE), before, after)
        put(self._classes, class_id, count)
        self._changed.add(class_id)
        return count

    def changes(self) -> Counts:
        """What has changed since this was asked last; classes that have nobody any more with nothing."""
        changed, self._changed = self._changed, set()
        return {class_id: self._classes.get(class_id, NONE) for class_id in changed}

    @property
    def whole(self) -> Counts:
        """Every class that has somebody."""
        return self._classes
