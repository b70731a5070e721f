"""A video that shows nothing, with a stopwatch that knows how much of it was shown (pure: instants in s are passed)."""


class Video:
    """Runs in real time as far as it is buffered."""

    def __init__(self) -> None:
        self.length_ms = 0
        self.buffered_ms = 0.0
        self._shown_ms = 0.0  # in all, rewatched stretches too
        self._from_ms = 0.0
        self._since: float | None = None

    @property
    def running(self) -> bool:
        """It moves, or would if more were buffered."""
        return self._since is not None

    def position_ms(self, now: float) -> int:
        """Where it is."""
        return round(self._position(now))

    def shown_ms(self, now: float) -> float:
        """All that was shown until now."""
        return self._shown_ms + self._position(now) - self._from_ms

    def ends_at(self) -> float | None:
        """When it will have come to its end, or to the end of what is buffered; None while it stands still."""
        if self._since is None:
            return None
        return self._since + (self._limit() - self._from_ms) / 1000

    def start(self, at_ms: float, now: float) -> None:
        """Run from here."""
        self.stop(now)
        self._from_ms, self._since = at_ms, now

    def stop(self, now: float) -> None:
        """Stand still."""
        self._shown_ms, self._from_ms, self._since = self.shown_ms(now), self._position(now), None

    def jump(self, to_ms: float, now: float) -> None:
        """Go elsewhere; runs on if it ran."""
        ran = self.running
        self.stop(now)
        self._from_ms = to_ms
        self._since = now if ran else None

    def buffer(self, to_ms: float, now: float) -> None:
        """More of it is here; what stood still for it goes on from where it stood."""
        if self.running:
            self.jump(self._position(now), now)
        self.buffered_ms = max(self.buffered_ms, to_ms)

    def load(self, length_ms: int, at_ms: int, now: float) -> None:
        """Another lesson."""
        self.stop(now)
        self.length_ms, self.buffered_ms, self._from_ms = length_ms, 0.0, at_ms

    def _limit(self) -> float:
        return min(max(self.buffered_ms, self._from_ms), self.length_ms)

    def _position(self, now: float) -> float:
        if self._since is None:
            return self._from_ms
        return min(self._from_ms + max(0.0, now - self._since) * 1000, max(self._limit(), self._from_ms))
