"""Tells whoever listens, in this process and the others, that something happened.

Topics: ``portrait`` (learner_id), ``session_ended`` (account_id, session), ``consent_withdrawn`` (learner_id),
``allowed`` (learner_id), ``person_page`` (check, what, words: to the proctor's page in a live check),
``suspension`` (subject, subject_id), ``courseware_queued`` (), ``lessons_added`` (course_id),
``class_news`` (class_id, list: alerts | persons |
appeals), ``learner_news`` (learner_id, what: notes | appeals; handled: where a page is here to hear it). Asked before it
is done: ``allow`` (learner_id, by, handled), ``event`` (attendance, event, handled), ``device`` (attendance, handled),
``person`` (attendance, what, check, by, words, handled: what a proctor does in a live check).
``session`` is the hash that the sessions' table holds, never the cookie.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

Callback = Callable[..., Awaitable[None]]
Carrier = Callable[[str, dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger(__name__)
_callbacks: dict[str, list[Callback]] = defaultdict(list)
_carriers: list[Carrier] = []


def subscribe(topic: str, callback: Callback) -> Callable[[], None]:
    """Call back with the fields of each notice on the topic; the answer ends the subscription."""
    _callbacks[topic].append(callback)
    return lambda: _callbacks[topic].remove(callback)


def carry(carrier: Carrier) -> Callable[[], None]:
    """Have every notice that is published here brought to the other processes; the answer ends that."""
    _carriers.append(carrier)
    return lambda: _carriers.remove(carrier)


async def publish(topic: str, **fields: Any) -> None:
    """Tell every subscriber, here and in the other processes."""
    await deliver(topic, **fields)
    for carrier in tuple(_carriers):
        try:
            await carrier(topic, fields)
        except Exception:
            _log.exception("A notice could not be carried to the other processes.", topic=topic)


async def deliver(topic: str, **fields: Any) -> None:
    """Tell every subscriber in turn; one that fails keeps neither the others nor the publisher from going on."""
    for callback in tuple(_callbacks[topic]):
        try:
            await callback(**fields)
        except Exception:  # a listener's bug must not undo what has already been committed
            _log.exception("A listener failed.", topic=topic)
