"""``kill -9`` of either process in every state of the machine: each costs a heartbeat at most and locks nobody out.

The states come from the machine's own lists: a new one without a way to it fails here. One kill for all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import product

import pytest

from classroom.attendance.state import Kind, Phase
from realtime import protocol as p
from tests.live.camera import Told
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.own_ledger import assert_agrees, confirmed
from tests.live.proctor import Called, Proctor, proctor
from tests.live.record import assert_sound, counted_ms, outcomes
from tests.live.server import BRISK, Plan, Server

pytestmark = pytest.mark.slow

# A check lasts until the kill; studying lasts from the first second to the fifth.
RULES = BRISK | {"drawn_from_ms": 5_000, "drawn_to_ms": 6_000, "camera_ms": 15_000, "window_ms": 60_000}
SHORT_MS = 4_000  # lesson-2: its end comes before a drawn moment can
Way = Callable[["Case"], Awaitable[None]]


@dataclass(eq=False)
class Case:
    """One state, and who is in it."""

    phase: Phase
    kind: Kind | None = None
    rival: str = "none"  # waiting: for a slot; checked: its login check is open
    reason: str | None = None
    learner: Learner = field(init=False)
    other: Learner | None = None
    proctor: Proctor | None = None  # who has called the learner

    @property
    def name(self) -> str:
        about = [self.phase.value, self.kind and self.kind.value, self.reason]
        return " ".join(one for one in about if one) + ("" if self.rival == "none" else f", rival {self.rival}")

    def there(self) -> bool:
        """Whether the page was told so."""
        view = self.learner.view
        assert view is not None
        if not self.learner.online:
            return self.reason == "DISCONNECTED"
        shown = view.phase, None if view.check is None else view.check.kind
        rival = {"none": None, "waiting": "awaiting_login_check", "checked": "challenged"}[self.rival]
        seen = None if self.other is None or self.other.view is None else self.other.view.phase
        if self.reason is not None and view.reason != self.reason:
            return False
        return (*shown, seen) == (self.phase.value, self.kind and self.kind.value, rival)

    def refused(self) -> bool:
        """Whether the media plane said that it is full."""
        view = self.learner.view
        return view is not None and (view.phase, view.reason) == ("awaiting_login_check", "AWAITING_CHECK")


# ------------------------------------------------------------------ the ways there


async def _browsing(case: Case) -> None:
    await case.learner.begin()


async def _awaiting(case: Case) -> None:
    case.learner.send(p.Begin())


async def _studying(case: Case) -> None:
    await _lesson(case)
    await case.learner.play()


async def _paused(case: Case) -> None:
    await _lesson(case)
    await case.learner.play()
    await case.learner.watch(1_200)
    case.learner.pause()
    await case.learner.until_phase("paused")


async def _signed_out(case: Case) -> None:
    await _paused(case)
    await case.learner.sign_out()


async def _in_login_check(case: Case) -> None:
    case.learner.camera = Told("nobody")
    case.learner.send(p.Begin())
    await case.learner.until_phase("challenged")


async def _in_drawn_check(case: Case) -> None:
    await _lesson(case)
    case.learner.camera = Told("nobody")
    await case.learner.play()
    await case.learner.until_phase("challenged")


async def _in_resume_check(case: Case) -> None:
    """A drawn check that no page acknowledged before its line broke comes back as a resume check."""
    await _lesson(case)
    case.learner.camera = Told("nobody")
    case.learner.leaves_at = frozenset({"drawn"})
    await case.learner.play()
    await case.learner.until(lambda: not case.learner.online)
    await case.learner.come_back()
    await case.learner.play()
    await case.learner.until_phase("challenged")


async def _in_asked_check(case: Case) -> None:
    """Staff ask for it at the wall, before a drawn moment comes."""
    await _lesson(case)
    learner_id = await _id_of(case.learner)
    async with Learner(case.learner.server, "staff") as staff:
        await staff.sign_in()
        case.learner.camera = Told("nobody")
        await case.learner.play()
        await case.learner.watch(500)
        path = f"/api/wall/classes/{CLASS}/learners/{learner_id}/act"
        said = await staff.ask("POST", path, {"act": "ask_check", "reason": "SUSPICIOUS"})
    assert said == (200, {"outcome": "DONE"})
    await case.learner.until_phase("challenged")


async def _in_check_by_a_person(case: Case) -> None:
    """The learner asks for a person; a proctor calls before a drawn moment comes, and the two see each other."""
    assert case.proctor is not None
    await _lesson(case)
    await case.learner.play()
    await case.learner.watch(500)
    asked = {"reason": "IT_IS_ME", "class_id": CLASS, "check_id": None}
    assert (await case.learner.ask("POST", "/api/person-requests", asked))[0] == 200
    await case.proctor.call(await _id_of(case.learner))
    await case.learner.until_phase("challenged")


async def _in_closing_check(case: Case) -> None:
    await case.learner.begin()
    await case.learner.open("lesson-2")
    case.learner.camera = Told("nobody")
    await case.learner.play()
    await case.learner.until_phase("challenged")


async def _lesson(case: Case) -> None:
    await case.learner.begin()
    await case.learner.open()


async def _hidden(case: Case) -> None:
    await _studying(case)
    await case.learner.watch(1_000)
    case.learner.video.stop()
    case.learner.send(p.Hidden(position_ms=case.learner.video.position_ms))
    await case.learner.until_phase("paused")


async def _blurred(case: Case) -> None:
    await _studying(case)
    await case.learner.watch(1_000)
    case.learner.send(p.Blurred(position_ms=case.learner.video.position_ms))
    await case.learner.until_phase("paused")


async def _cut_off(case: Case) -> None:
    await _studying(case)
    await case.learner.watch(1_000)
    await case.learner.drop()


WAYS: dict[tuple[Phase, Kind | None], Way] = {
    (Phase.BROWSING, None): _browsing,
    (Phase.AWAITING_LOGIN_CHECK, None): _awaiting,
    (Phase.STUDYING, None): _studying,
    (Phase.PAUSED, None): _paused,
    (Phase.SIGNED_OUT, None): _signed_out,
    (Phase.CHALLENGED, Kind.LOGIN): _in_login_check,
    (Phase.CHALLENGED, Kind.RESUME): _in_resume_check,
    (Phase.CHALLENGED, Kind.DRAWN): _in_drawn_check,
    (Phase.CHALLENGED, Kind.CLOSING): _in_closing_check,
    (Phase.CHALLENGED, Kind.ASKED): _in_asked_check,
    (Phase.CHALLENGED, Kind.PERSON): _in_check_by_a_person,
}
# Nobody to keep in the session, or one proctor for both devices: a second device's login check waits for the same person.
ALONE = (_signed_out, _in_check_by_a_person)
PAUSES: dict[str, Way] = {
    "PAGE_HIDDEN": _hidden,
    "FOCUS_LOST": _blurred,
    "DISCONNECTED": _cut_off,
    "AWAITING_CHECK": _studying,  # until its drawn check is due, and there is no slot
}
LAST = (_studying,)  # doesn't stay as it is for long
SLOTLESS = (_awaiting,)  # when there is no slot
LOGINS_AT_ONCE = 5  # from one address
RIVALS = ("none", "waiting", "checked")


def _kinds(phase: Phase) -> list[Kind | None]:
    return list(Kind) if phase is Phase.CHALLENGED else [None]


def _cases() -> list[Case]:
    states = [(phase, kind) for phase in Phase for kind in _kinds(phase)]
    assert set(states) == set(WAYS), "a state that this test has no way to"
    found = [Case(*state, rival) for state, rival in product(states, RIVALS)]
    found = [case for case in found if _way(case) not in ALONE or case.rival == "none"]
    return found + [Case(Phase.PAUSED, reason=reason) for reason in PAUSES]


def _way(case: Case) -> Way:
    return WAYS[case.phase, case.kind] if case.reason is None else PAUSES[case.reason]


@pytest.mark.parametrize("process", ["control", "media"])
async def test_a_kill_in_any_state_costs_a_heartbeat_at_most_and_locks_nobody_out(
    open_server: Open, process: str
) -> None:
    """Must hold 2 of the lesson defended; rule 7: what a crash of ours interrupts is no strike."""
    # A second device's check passes once the media process is back, and takes over: that is no fault's doing.
    cases = [case for case in _cases() if process == "control" or case.rival == "none"]
    server = open_server(Plan(rules=RULES, lessons=((60_000, 1_000), (SHORT_MS, 1_000)), learners=len(cases)))
    async with AsyncExitStack() as stack:
        await _arrive(stack, server, cases)
        [by_person] = [case for case in cases if case.kind is Kind.PERSON]
        by_person.proctor = await stack.enter_async_context(proctor(server))
        await _bring_there(server, cases)
        before = {case: confirmed(case.learner) for case in cases}
        await (_kill_control if process == "control" else _kill_media)(server, cases)
        for case in cases:
            for lesson, kept in before[case].items():
                assert confirmed(case.learner)[lesson] >= kept, f"{case.name}: {kept} of {lesson} were taken back"
            assert case.learner.view and case.learner.view.failures_left == 6, case.name
            assert case.learner.view.last_outcome != "missed", case.name
        if process == "control":  # which closed the wall as well
            by_person.proctor = await stack.enter_async_context(proctor(server))
        results = await asyncio.gather(*(_go_on(case) for case in cases), return_exceptions=True)
        failed = [(case.name, repr(result)) for case, result in zip(cases, results, strict=True) if result is not None]
        assert not failed, failed
        await asyncio.gather(*(_take_over(case) for case in cases if case.other is not None))
        for case in cases:
            record = await case.learner.record()
            assert_sound(record)
            assert counted_ms(record) >= RULES["drawn_from_ms"] - 2 * RULES["heartbeat_ms"], case.name
            assert not {outcome for _, outcome in outcomes(record)} & {"failed", "missed"}, case.name
            faults = 2 if case.kind is Kind.RESUME else 1  # its line was cut before
            blur_ms = 1_500 if case.reason == "FOCUS_LOST" else 0  # not counted, by the rule
            assert_agrees(
                case.learner, record, fault=f"{process} killed while {case.name}", faults=faults, by_rule_ms=blur_ms
            )
    status, said = server.replay()
    assert status == 0, said


async def _kill_control(server: Server, cases: list[Case]) -> None:
    server.kill()
    everybody = [one for case in cases for one in (case.learner, case.other) if one is not None]
    for one in everybody:
        await one.until(lambda one=one: not one.online)
        one.camera, one.leaves_at = Told("passes"), frozenset()
    server.start()
    await asyncio.gather(*(one.come_back() for one in everybody))
    server.kill()  # and once more: now they are paused by SYSTEM_ERROR
    server.start()
    await asyncio.gather(*(_again(one) for one in everybody))


async def _kill_media(server: Server, cases: list[Case]) -> None:
    """Open checks are PROVIDER_DOWN, and are asked for again; nobody else notices."""
    everybody = [one for case in cases for one in (case.learner, case.other) if one is not None]
    for one in everybody:
        one.camera, one.leaves_at = Told("passes"), frozenset()
    online = [one for one in everybody if one.online]
    checked = [one for one in online if _at_the_media_process(one)]
    await asyncio.to_thread(server.replace_stand_in)
    await asyncio.gather(
        *(
            one.until(lambda one=one: any(end.outcome == "provider_down" for end in one.of(p.CheckEnded)))
            for one in checked
        )
    )
    assert all(one.online for one in online)
    await asyncio.gather(*(one.come_back() for one in everybody if not one.online))


def _at_the_media_process(learner: Learner) -> bool:
    view = learner.view
    by_face = view is not None and view.check is not None and view.check.kind != "person"
    return by_face and view is not None and view.phase == "challenged" and view.here


async def _arrive(stack: AsyncExitStack, server: Server, cases: list[Case]) -> None:
    arriving = []
    for n, case in enumerate(cases):
        case.learner = await stack.enter_async_context(Called(server, f"learner-{n}"))
        arriving.append(case.learner)
        if case.rival != "none":
            case.other = await stack.enter_async_context(Learner(server, f"learner-{n}"))
            case.other.camera = Told("nobody")
            arriving.append(case.other)
    for some in range(0, len(arriving), LOGINS_AT_ONCE):
        await asyncio.gather(*(one.sign_in() for one in arriving[some : some + LOGINS_AT_ONCE]))
    await asyncio.gather(*(one.enter() for one in arriving))


async def _bring_there(server: Server, cases: list[Case]) -> None:
    full = server.folder / "media-full"

    await asyncio.gather(*(_way(case)(case) for case in cases if _way(case) not in (*LAST, *SLOTLESS)))
    brief = [case for case in cases if _way(case) in LAST]
    await asyncio.gather(*(_lesson(case) for case in brief))
    waiting = [case for case in cases if _way(case) in SLOTLESS]
    await _rivals([case for case in cases if case.rival == "checked" and case not in waiting], "challenged")
    # Who waits for the first slot while a second device has one: the first asks again after five seconds only.
    full.touch()
    first = [case for case in waiting if case.rival == "checked"]
    await _wait_for_a_slot(first)
    full.unlink()
    await _rivals(first, "challenged")
    full.touch()
    await _wait_for_a_slot([case for case in waiting if case.rival != "checked"])
    await _rivals([case for case in cases if case.rival == "waiting"], "awaiting_login_check")
    await asyncio.gather(*(case.learner.play() for case in brief if case.phase is Phase.PAUSED))
    await asyncio.gather(*(case.learner.until_phase("paused") for case in brief if case.phase is Phase.PAUSED))
    studying = [case for case in brief if case.phase is Phase.STUDYING]
    await asyncio.gather(*(case.learner.play() for case in studying))
    await asyncio.gather(*(case.learner.watch(1_700) for case in studying))
    missing = [(case.name, case.learner.view) for case in cases if not case.there()]
    full.unlink()
    assert not missing, missing


async def _wait_for_a_slot(cases: list[Case]) -> None:
    await asyncio.gather(*(_way(case)(case) for case in cases))
    await asyncio.gather(*(case.learner.until(case.refused) for case in cases))


async def _rivals(cases: list[Case], phase: str) -> None:
    others = [case.other for case in cases if case.other is not None]
    for other in others:
        other.send(p.Begin())
    await asyncio.gather(*(other.until_phase(phase) for other in others))


async def _again(learner: Learner) -> None:
    await learner.until(lambda: not learner.online)
    await learner.come_back()


async def _go_on(case: Case) -> None:
    """Study, and pass a drawn check."""
    learner = case.learner
    if case.proctor is not None:
        await _person_decides(case, case.proctor)
    view = learner.view
    assert view is not None
    if view.phase in ("awaiting_login_check", "challenged"):  # its login check comes by itself
        await learner.until_phase("browsing", "paused", "studying")  # a closing check leaves its lesson open
    elif view.session_id is None or view.phase == "signed_out":
        await learner.begin()
    elif view.reason in ("PROVIDER_DOWN", "AWAITING_CHECK"):  # its check comes by itself
        ended = len(learner.of(p.CheckEnded))
        await learner.until(lambda: any(one.outcome == "passed" for one in learner.of(p.CheckEnded)[ended:]))
    if learner.opened is None or learner.opened.lesson_id != "lesson-1":
        await learner.open()
    done = len(learner.of(p.CheckEnded))
    await learner.play()
    await learner.until(
        lambda: any((one.kind, one.outcome) == ("drawn", "passed") for one in learner.of(p.CheckEnded)[done:]), 40
    )
    await learner.watch(600)
    learner.pause()
    await learner.until_phase("paused")


async def _person_decides(case: Case, by: Proctor) -> None:
    """What a kill interrupted is called again: the learner has kept the place in the queue."""
    learner = case.learner
    assert learner.view is not None
    if learner.view.phase != "challenged":
        await by.call(await _id_of(learner))
    await by.passes()
    await learner.until(lambda: any(one.outcome == "by_person" for one in learner.of(p.CheckEnded)))
    await learner.until(lambda: learner.view is not None and learner.view.phase != "challenged")


async def _id_of(learner: Learner) -> str:
    _, about = await learner.ask("GET", "/api/me")
    return str(about["account"]["id"])


async def _take_over(case: Case) -> None:
    """Nor is the second device locked out."""
    assert case.other is not None
    await case.other.begin()
    assert case.other.view is not None
    assert case.other.view.here, case.name
    await case.learner.until(lambda: case.learner.view is not None and case.learner.view.elsewhere)
