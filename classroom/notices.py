"""Tells whoever listens in this process that something happened elsewhere in it.

Topics: ``portrait`` (learner_id), ``session_ended`` (account_id, session), ``consent_withdrawn`` (learner_id),
``allowed`` (learner_id); ``allow`` (learner_id, by, handled) is asked before it is done. ``session`` is the hash that the
sessions' table holds, never the cookie.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

Callback = Callable[..., Awaitable[None]]
_log = structlog.get_logger(__name__)
_callbacks: dict[str, list[Callback]] = defaultdict(list)


def subscribe(topic: str, callback: Callback) -> Callable[[], None]:
    """Call back with the fields of each notice on the topic; the answer ends the subscription."""
    _callbacks[topic].append(callback)
    return lambda: _callbacks[topic].remove(callback)


async def publish(topic: str, **fields: Any) -> None:
    """Tell every subscriber in turn; one that fails keeps neither the others nor the publisher from going on."""
    for callback in tuple(_callbacks[topic]):
        try:
            await callback(**fields)
        except Exception:  # a listener's bug must not undo what has already been committed
            _log.exception("A listener failed.", topic=topic)
