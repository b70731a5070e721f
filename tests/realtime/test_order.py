"""Any message at any moment: never an exception, and what is refused changes nothing (protocol: ``Refused``)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from classroom.attendance.events import Refuse, Ticked
from classroom.attendance.machine import step
from classroom.attendance.state import State
from realtime import protocol as p
from realtime.intent import event_of
from tests.realtime import rubbish
from tests.realtime.classroom import Room
from tests.realtime.history import LENGTH_MS, History, backend, cast, database, database_url, room, sqlite_template

__all__ = ["backend", "cast", "database", "database_url", "room", "sqlite_template"]

POSITIONS = (0, 1_000, LENGTH_MS, LENGTH_MS * 2)


def variants(kind: type[msgspec.Struct], state: State) -> Iterator[p.FromPage]:
    """Messages of a kind, with ids and positions that mean something now and with others."""
    checks = {"none", *([state.check.id] if state.check else [])}
    lessons = {"none", *(lesson.id for lesson in state.lessons)}
    names = {field.name for field in msgspec.structs.fields(kind)}
    options: dict[str, Any] = {"check_id": checks, "lesson_id": lessons, "position_ms": POSITIONS}
    known: list[dict[str, Any]] = [{}]
    for name in names & set(options):
        known = [before | {name: value} for before in known for value in options[name]]
    for one in known:
        yield msgspec.convert(rubbish.honest(kind, **one), p.FromPage)


@pytest.mark.slow
async def test_any_message_at_any_moment_is_taken_refused_or_passed_over(room: Room) -> None:
    with capture_logs() as log:
        history = History(room, 77)
        history.unruly = 0.9
        await history.run(200)
    assert not [line for line in log if line["log_level"] in ("error", "critical")]

    phases, refusals, made = Counter[str](), Counter[str](), Counter[str]()
    for state, at in history.states:
        phases[state.phase] += 1
        waited = step(state, Ticked(at)).state
        for kind in rubbish.KINDS:
            for message in variants(kind, state):
                event = event_of(message, at, LENGTH_MS, state.interacted_at)
                if event is None:
                    continue
                done = step(state, event)
                made[rubbish.tag(kind)] += 1
                for effect in done.effects:
                    if isinstance(effect, Refuse):
                        refusals[effect.code] += 1
                        assert done.state == waited, (state, message, effect)
    print(dict(phases), dict(refusals), dict(made))
    assert set(phases) >= {"browsing", "awaiting_login_check", "studying", "challenged", "paused", "signed_out"}
    assert len(refusals) >= 3
