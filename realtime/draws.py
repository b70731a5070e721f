"""Draws the moment of the next check: uniform, and of two draws the one less loaded by others."""

import secrets
from collections import Counter

BUCKET_MS = 10_000

_random = secrets.SystemRandom()


class Draws:
    """How many checks this process expects when; nobody outside can know a moment (rule 5)."""

    def __init__(self) -> None:
        self._expected: Counter[int] = Counter()
        self._pruned_at = 0

    def take(self, from_ms: int, to_ms: int, now_ms: int) -> int:
        """A studied duration from now, in [from_ms, to_ms]; a class that starts together is thus spread out."""
        self._prune(now_ms)
        one, other = (_random.randint(from_ms, max(from_ms, to_ms)) for _ in range(2))
        chosen = one if self._load(now_ms + one) <= self._load(now_ms + other) else other
        self._expected[(now_ms + chosen) // BUCKET_MS] += 1
        return chosen

    def _load(self, at_ms: int) -> int:
        return self._expected[at_ms // BUCKET_MS]

    def _prune(self, now_ms: int) -> None:
        if now_ms - self._pruned_at > BUCKET_MS:
            self._pruned_at = now_ms
            for bucket in [bucket for bucket in self._expected if bucket < now_ms // BUCKET_MS]:
                del self._expected[bucket]
