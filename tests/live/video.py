"""A video that shows nothing and knows exactly how much of it was shown: the stopwatch of the tests."""

import asyncio


class Video:
    """Runs in real time (times ``speed``) as far as it is buffered."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.length_ms = 0
        self.shown_ms = 0.0  # in all, rewatched stretches too
        self._buffered_ms = 0.0
        self._from_ms = 0.0
        self._since: float | None = None

    @property
    def running(self) -> bool:
        """It moves, or would if more were buffered."""
        return self._since is not None and self.position_ms < self.length_ms

    @property
    def position_ms(self) -> int:
        """Where it is."""
        return round(self._position())

    def _position(self) -> float:
        if self._since is None:
            return self._from_ms
        ran_ms = (asyncio.get_running_loop().time() - self._since) * 1000 * self.speed
        return min(self._from_ms + ran_ms, max(self._buffered_ms, self._from_ms), self.length_ms)

    @property
    def total_ms(self) -> float:
        """Shown until now."""
        return self.shown_ms + (self._position() - self._from_ms)

    def start(self, at_ms: float | None = None) -> None:
        """Run, from here or from there."""
        self.stop()
        if at_ms is not None:
            self._from_ms = at_ms
        self._since = asyncio.get_running_loop().time()

    def stop(self) -> None:
        """Stand still."""
        self.shown_ms, self._from_ms, self._since = self.total_ms, self._position(), None

    def jump(self, to_ms: float) -> None:
        """Go elsewhere; runs on if it ran."""
        ran = self._since is not None
        self.stop()
        self._from_ms = to_ms
        if ran:
            self.start()

    def buffer(self, to_ms: float) -> None:
        """More of it is here; what stood still for it goes on from where it stood."""
        if self._since is not None:
            self.stop()
            self.start()
        self._buffered_ms = max(self._buffered_ms, to_ms)

    def load(self, length_ms: int, at_ms: int) -> None:
        """Another lesson."""
        self.stop()
        self.length_ms, self._buffered_ms, self._from_ms = length_ms, 0.0, at_ms
