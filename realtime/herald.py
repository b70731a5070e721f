"""Announces that lists of classes have changed: soon, and many changes at once."""

import asyncio

from classroom import notices

GATHER_S = 0.25


class Herald:
    """One task at a time; a class of a thousand that idles out together is announced a few times, not a thousand."""

    def __init__(self) -> None:
        self._due: set[tuple[str, str]] = set()  # class and list: never more than there are classes
        self._task: asyncio.Task[None] | None = None

    def announce(self, class_id: str, of: str) -> None:
        """This list of this class is another one now."""
        self._due.add((class_id, of))
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), name="herald")

    def close(self) -> None:
        """Nobody listens any more."""
        if self._task is not None:
            self._task.cancel()

    async def _tell(self) -> None:
        try:
            while self._due:
                await asyncio.sleep(GATHER_S)
                due, self._due = self._due, set()
                for class_id, of in due:
                    await notices.publish("class_news", class_id=class_id, list=of)
        finally:
            self._task = None
