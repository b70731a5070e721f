"""Pages that our own doing took away: their sessions go on, and are disconnected only if nobody comes."""

import asyncio
from collections.abc import Callable


class Awaited:
    """By session; each waits for its page for a while."""

    def __init__(self, nobody_came: Callable[[str], None]) -> None:
        self._nobody_came = nobody_came
        self._until: dict[str, asyncio.TimerHandle] = {}

    def __contains__(self, session: str) -> bool:
        return session in self._until

    def expect(self, session: str, within_s: float) -> None:
        """It will be back."""
        self.arrived(session)
        self._until[session] = asyncio.get_running_loop().call_later(within_s, self._give_up, session)

    def arrived(self, session: str) -> None:
        """It is here, or not expected any more."""
        if (handle := self._until.pop(session, None)) is not None:
            handle.cancel()

    def clear(self) -> None:
        """Wait for nobody."""
        for session in tuple(self._until):
            self.arrived(session)

    def _give_up(self, session: str) -> None:
        del self._until[session]
        self._nobody_came(session)
