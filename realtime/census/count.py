"""What one seat, a class or a whole region comes to: online, studying, in a check (pure)."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

from classroom.attendance.standing import Standing
from classroom.attendance.state import Phase

CHECKED = frozenset({Phase.CHALLENGED.value, Phase.AWAITING_LOGIN_CHECK.value})


class Count(NamedTuple):
    """Online: a session is running, and its page is connected. The other two are among them."""

    online: int = 0
    studying: int = 0
    checking: int = 0


NONE = Count()
Counts = Mapping[str, tuple[int, int, int]]  # by class
K = TypeVar("K", bound=Hashable)


def count_of(standing: Standing | None) -> Count:
    """What a seat adds."""
    if standing is None or not standing.connected:
        return NONE
    return Count(1, int(standing.phase == Phase.STUDYING), int(standing.phase in CHECKED))


def moved(count: Count, before: Count, after: Count) -> Count:
    """The sum after one of its parts has changed."""
    return Count(
        count.online + after.online - before.online,
        count.studying + after.studying - before.studying,
        count.checking + after.checking - before.checking,
    )


def put(counts: dict[K, Count], key: K, count: Count) -> None:
    """Keep a count; what is nothing isn't kept."""
    if any(count):
        counts[key] = count
    else:
        counts.pop(key, None)
