"""Counts what a process does, in plain numbers that the hot path can afford; /metrics reads them."""

from collections import Counter
from dataclasses import dataclass, field

BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(slots=True)
class Tally:
    """Since this process began; of no person."""

    commits: int = 0
    commit_s: float = 0.0
    commit_buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS_S))
    seats_written: int = 0
    arrivals: Counter[str] = field(default_factory=Counter)  # fresh | resumed
    slots: Counter[str] = field(default_factory=Counter)  # granted | busy | down
    outcomes: Counter[str] = field(default_factory=Counter)  # passed | failed | missed | a cause of ours

    def committed(self, seconds: float, seats: int) -> None:
        """A batch of seats is safe."""
        self.commits += 1
        self.commit_s += seconds
        self.seats_written += seats
        for n, bound in enumerate(BUCKETS_S):
            if seconds <= bound:
                self.commit_buckets[n] += 1


TALLY = Tally()
