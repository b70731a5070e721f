"""A live check by a person at a real seat: the queue, the call, what passes between the two pages, who else gets nothing."""

import asyncio
import random  # noqa: TID251 - seeded
import uuid

import pytest

from classroom.attendance.reach import DONE
from classroom.people import faces, queue
from classroom.people import service as people
from classroom.people.rules import CheckedBy, PeopleError, RequestLimit, RequestReason, Role, Unknown, WrongState
from classroom.supervision import persons
from classroom.supervision.rules import Forbidden, Refused, RefusedBecause
from realtime import protocol as p
from realtime.seat_person import OFFERS_A_CHECK, PROCTOR_S, SDP_CHARS
from tests.cast import Cast, _encoded
from tests.realtime.classroom import Room, Tab
from tests.realtime.history import PASSED, backend, cast, database, database_url, room, sqlite_template

__all__ = ["backend", "cast", "database", "database_url", "room", "sqlite_template"]


class Page:
    """A proctor's page: keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def said(self, check: str, what: str, words: str) -> None:
        self.heard.append((what, words))


async def tab_of(room: Room) -> Tab:
    tab = Tab(room, "a", random.Random(1))
    await tab.connect(reloaded=True)
    return tab


async def settled(room: Room) -> None:
    """Also what is written down of calls."""
    calls = room.seats.calls
    async with asyncio.timeout(10):
        while calls._writing is not None or calls._says:
            await asyncio.sleep(0.001)
    await room.settle()


async def waits(room: Room) -> tuple[Tab, str]:
    """By face never: a session is asked for, and a person is to make the login check."""
    await queue.choose(room.learner, CheckedBy.PERSON)
    tab = await tab_of(room)
    tab.say(p.Begin())
    await room.settle()
    await settled(room)
    [one] = await queue.queue_of([room.class_id])
    return tab, one.id


async def account(of: str):  # type: ignore[no-untyped-def]
    found = await people.account(of)
    assert found is not None
    return found


async def test_a_learner_without_face_data_is_checked_by_a_person_from_the_login_on(room: Room, cast: Cast) -> None:
    """人脸识别技术应用安全管理办法 10: no face data, no consent to it, and the course is studied all the same."""
    await faces.withdraw_consent(room.learner)
    tab, request = await waits(room)
    staff, page = await account(cast.staff), Page()
    assert room.plane.checks == []  # no media process is asked
    assert tab.page.view is not None
    assert (tab.page.view.phase, tab.page.view.by_person) == ("awaiting_login_check", "always")

    check = await persons.take(staff, request)
    await room.settle()
    assert tab.page.check is not None
    assert (tab.page.check.kind, tab.page.check.check_id, tab.page.check.total_steps) == ("person", check, 0)
    attendance = await persons.attending(staff.id, check)
    assert attendance is not None
    assert room.seats.calls.attend(check, page, attendance, staff.id)
    assert await persons.say(attendance, "attend", check, staff.id) == DONE
    tab.say(p.CheckAck(check_id=check))
    tab.say(p.CheckOffer(check_id=check, sdp="offer of the learner"))
    await room.settle()
    await settled(room)
    assert page.heard == [("offer", "offer of the learner")]
    assert await persons.say(attendance, "answer", check, staff.id, "answer") == DONE
    await room.settle()
    assert {"person_here", "check_answer"} <= set(room.said)

    with pytest.raises(Refused, match="NOT_NOW"):
        await persons.decide(staff, request, None)  # nobody was seen yet
    assert await persons.say(attendance, "seen", check, staff.id) == DONE
    await persons.decide(staff, request, None)
    await room.settle()
    await settled(room)

    assert tab.page.view.phase == "browsing"
    assert tab.page.verdicts[-1].outcome == "by_person"
    assert page.heard[-1] == ("over", "passed")
    assert await queue.queue_of([room.class_id]) == []


async def test_a_refusal_signs_out_with_its_reason(room: Room, cast: Cast) -> None:
    tab, request = await waits(room)
    staff = await account(cast.staff)
    check = await persons.take(staff, request)
    attendance = await persons.attending(staff.id, check)
    assert attendance is not None
    await persons.say(attendance, "seen", check, staff.id)
    await persons.decide(staff, request, RefusedBecause.NOT_THE_LEARNER)
    await room.settle()

    assert (tab.page.verdicts[-1].outcome, tab.page.verdicts[-1].reason) == ("failed", "NOT_THE_LEARNER")
    assert tab.page.view is not None
    assert tab.page.view.phase == "signed_out"


async def test_only_who_took_it_says_anything_in_a_call(room: Room, cast: Cast) -> None:
    """Forged: a colleague, the learner's own account, another check's id."""
    tab, request = await waits(room)
    staff = await account(cast.staff)
    proctor_id = await people.register("school", Role.PROCTOR, "proctor", "测试监学", _encoded())
    proctor, stranger = await account(proctor_id), await account(cast.other_staff)
    regulator_id = await people.register("school", Role.OPERATOR, "operator", "测试运维", _encoded())
    for nobody in (stranger, proctor):  # of another school; of this one, but not of this class
        for attempt in (persons.take(nobody, request), persons.put_back(nobody, request)):
            with pytest.raises(Unknown):
                await attempt
    with pytest.raises((Unknown, Forbidden)):
        await persons.take(await account(regulator_id), request)
    check = await persons.take(staff, request)
    attendance = await persons.attending(staff.id, check)
    assert attendance is not None
    assert await persons.attending(stranger.id, check) is None
    for what in ("attend", "answer", "seen", "passed", "failed", "left", "here"):
        for by in (stranger.id, room.learner, ""):
            assert await persons.say(attendance, what, check, by, "x") == "NOT_NOW"
        assert await persons.say(attendance, what, "another-check", staff.id, "x") == "NOT_NOW"
    with pytest.raises(WrongState):
        await persons.take(staff, request)
    await room.settle()
    assert tab.page.check is not None
    assert len(tab.page.verdicts) == 0


async def test_of_two_colleagues_one_takes_it(room: Room, cast: Cast) -> None:
    _, request = await waits(room)
    staff = await account(cast.staff)

    taken = await asyncio.gather(*(persons.take(staff, request) for _ in range(4)), return_exceptions=True)

    assert sorted(type(one).__name__ for one in taken) == ["WrongState", "WrongState", "WrongState", "str"]


async def test_who_hangs_up_leaves_the_learner_in_the_same_place(room: Room, cast: Cast) -> None:
    tab, request = await waits(room)
    staff = await account(cast.staff)
    check = await persons.take(staff, request)
    attendance = await persons.attending(staff.id, check)
    assert attendance is not None
    await persons.say(attendance, "seen", check, staff.id)
    await persons.put_back(staff, request)
    await room.settle()
    await settled(room)

    [one] = await queue.queue_of([room.class_id])
    assert (one.id, one.taken_by, one.due_at_ms is not None) == (request, None, True)
    assert (tab.page.verdicts[-1].outcome, tab.page.verdicts[-1].reason) == ("provider_down", "PERSON_GONE")
    assert await persons.take(staff, request) != check
    with pytest.raises(PeopleError):
        await persons.decide(staff, request, None)  # not seen in this call


async def test_a_proctor_whose_page_is_gone_is_waited_for_a_while_only(room: Room, cast: Cast) -> None:
    tab, request = await waits(room)
    staff = await account(cast.staff)
    check = await persons.take(staff, request)
    seat = room.seat
    assert seat is not None
    await seat.person.hear("attend", check, staff.id, "")
    await seat.person.hear("seen", check, staff.id, "")
    [timer] = seat.person._proctors._until.values()
    left_s = timer.when() - asyncio.get_running_loop().time()
    assert 0 < left_s <= PROCTOR_S
    timer.cancel()
    seat.person._proctors._give_up(check)
    await room.settle()
    await settled(room)

    assert tab.page.verdicts[-1].reason == "PERSON_GONE"
    [one] = await queue.queue_of([room.class_id])
    assert one.taken_by is None


async def test_a_call_in_which_the_process_before_died_is_over_and_one_that_goes_on_is_not(room: Room, cast: Cast) -> None:
    """Else nobody could call this learner for a quarter of an hour, though it was ours."""
    _, request = await waits(room)
    staff, seat = await account(cast.staff), room.seat
    assert seat is not None
    await queue.take(request, staff.id, "of-the-dead-process")
    seat.person.claimed(await queue.call_of(room.learner, room.class_id))
    await settled(room)
    check = await persons.take(staff, request)  # not refused: it waits again
    seat.person.claimed(await queue.call_of(room.learner, room.class_id))
    await settled(room)

    assert await queue.call_of(room.learner, room.class_id) == check


async def test_offers_are_bounded_in_size_and_number(room: Room, cast: Cast) -> None:
    tab, request = await waits(room)
    staff, page = await account(cast.staff), Page()
    check = await persons.take(staff, request)
    attendance = await persons.attending(staff.id, check)
    assert attendance is not None
    room.seats.calls.attend(check, page, attendance, staff.id)
    tab.say(p.CheckOffer(check_id=check, sdp="x" * (SDP_CHARS + 1)))
    await room.settle()
    for _ in range(OFFERS_A_CHECK + 3):
        tab.say(p.CheckOffer(check_id=check, sdp="x"))
        await room.settle()
    await settled(room)

    assert len(page.heard) == OFFERS_A_CHECK
    assert room.said["refused"] == 4


async def test_nobody_at_the_page_is_called_by_nobody(room: Room, cast: Cast) -> None:
    tab, request = await waits(room)
    await tab.cut()
    staff = await account(cast.staff)

    with pytest.raises(Refused, match=r"NOT_NOW|NO_SESSION"):
        await persons.take(staff, request)

    [one] = await queue.queue_of([room.class_id])
    assert one.taken_by is None


async def test_a_request_makes_the_next_check_a_persons_and_its_end_a_face_again(room: Room) -> None:
    tab = await tab_of(room)
    tab.say(p.Begin())
    await room.settle()
    assert room.check is not None
    one = await persons.ask(room.learner, RequestReason.IT_IS_ME, room.class_id, None)
    await room.settle()
    assert tab.page.view is not None
    assert tab.page.view.by_person == "asked"
    assert tab.page.view.check is not None  # rule 8: an open one stays as it is
    room.check.says.put_nowait(PASSED)
    await room.settle()
    assert tab.page.view.phase == "browsing"
    assert await queue.place_of(one) == (1, queue.A_CALL_MS)
    await persons.withdraw(room.learner, one.id)
    await room.settle()

    assert tab.page.view.by_person is None
    with pytest.raises(WrongState):
        await persons.withdraw(room.learner, one.id)


async def test_the_place_is_that_of_the_request_whoever_is_due(room: Room, cast: Cast) -> None:
    """ADR 3: a place that moved when a check falls due would tell that it is."""
    first = await persons.ask(cast.learner2, RequestReason.OTHER, room.class_id, None)
    room.clock.pass_by(1_000)
    second = await persons.ask(room.learner, RequestReason.OTHER, room.class_id, None)
    before = await queue.place_of(second)
    await queue.due(room.learner, room.class_id)

    assert (await queue.place_of(first), before) == ((1, queue.A_CALL_MS), (2, 2 * queue.A_CALL_MS))
    assert await queue.place_of(second) == before
    for _ in range(2):
        await persons.ask(room.learner, RequestReason.OTHER, room.class_id, uuid_of())
    with pytest.raises(RequestLimit):
        await persons.ask(room.learner, RequestReason.OTHER, room.class_id, uuid_of())


def uuid_of() -> str:
    return uuid.uuid4().hex
