"""Use cases of oversight: keeps how many were online, and shows it as a curve."""

from collections.abc import Sequence

from classroom.database import whole
from classroom.oversight import store
from classroom.oversight.rules import STEPS, Kept, Point, Span, curve, first_row
from classroom.people.regions import PROVINCE

COUNTED = f"{PROVINCE}||"


async def keep_minute(minute: int, rows: Sequence[Kept]) -> bool:
    """Write a minute, unless another process was faster; that somebody counted is kept even where nobody was there."""
    if not any(row.key == COUNTED for row in rows):
        rows = [*rows, Kept(COUNTED, 0, 0, 0, 0)]
    return await whole(store.keep_minute(minute, rows))


async def curve_of(key: str, span: Span, now_ms: int) -> Sequence[Point]:
    """How many were online, up to the newest whole step."""
    steps = STEPS[span]
    first = first_row(steps, now_ms)
    read = store.hours if span is Span.MONTH else store.minutes
    counted = await read(COUNTED, first)
    return curve(steps, first, counted if key == COUNTED else await read(key, first), counted)
