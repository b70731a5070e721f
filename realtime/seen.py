"""What a process tells of its seats to those who watch: after each commit, never before."""

from collections.abc import Callable
from dataclasses import dataclass

from classroom.attendance.standing import Standing


@dataclass(frozen=True, slots=True)
class Seen:
    """A seat as of its newest commit; ``standing`` None: it isn't this process' any more."""

    learner_id: str
    class_id: str
    standing: Standing | None
    quiet: bool  # a heartbeat: position, held time and as_of alone moved


Watcher = Callable[[Seen], None]


class Sight:
    """Who wants to know. Heartbeats are told only of classes that somebody watches: making them out costs time."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []
        self.closely: Callable[[str], bool] = lambda class_id: False

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call it with every Seen of this process; the answer ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self, seen: Seen) -> None:
        """Tell all."""
        for watcher in self._watchers:
            watcher(seen)
