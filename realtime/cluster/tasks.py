"""The tasks of one owner: named, bounded, ended with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

AT_MOST = 2_048
END_S = 1.0

_log = structlog.get_logger(__name__)


class Tasks:
    """Started and forgotten about; what fails is logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Start one; False when there are too many."""
        if len(self._tasks) >= AT_MOST:
            work.close()
            return False
        task = asyncio.create_task(self._guarded(work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            _log.exception("Something between processes failed.")

    async def end(self) -> None:
        """Cancel what is running."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_S)
