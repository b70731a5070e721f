"""Sessions, faults, takeover, idleness: what happens to an attendance besides its video and its checks."""

import pytest

from classroom.attendance.events import (
    Allowed,
    Blurred,
    CloseCheck,
    Hidden,
    Interacted,
    LearnerLeft,
    OwnerLost,
    Raise,
    SeekBack,
    SessionOffered,
    SignedOutByStaff,
    WarnIdle,
)
from classroom.attendance.machine import continued
from classroom.attendance.rules import Rules
from tests.attendance.desk import ALL, Desk, ms


def earned(desk: Desk, lesson: str = "L1") -> float:
    return desk.lesson(lesson).earned_to_ms / 1000


def reasons(desk: Desk, second: float) -> dict[str, float]:
    return {reason: spent / 1000 for reason, spent in desk.settled(second).not_counted_ms.items()}


# ------------------------------------------------------------------ a session


def test_a_session_begins_with_the_offer_of_its_login_check_and_earns_nothing() -> None:
    """Rule 1: a session runs from the offer of its login check to the sign-out; rule 4: login opens a session."""
    desk = Desk()
    desk.offer(10)
    assert desk.now == ("awaiting_login_check", None)
    check = desk.pushed(12)
    assert desk.now == ("challenged", None)
    desk.verdict(30, check)
    assert desk.now == ("browsing", None)
    desk.do(LearnerLeft(desk.at(50)))

    settled = desk.settled(50)
    assert desk.ended == [("BY_LEARNER", 50)]
    assert (settled.total_ms, settled.counted_ms, settled.held_ms) == (40_000, 0, 0)
    assert reasons(desk, 50) == {"AWAITING_CHECK": 20, "BROWSING": 20}


def test_browsing_does_not_count() -> None:
    """2.2.2 a: browsing pages."""
    desk = Desk().login(0)
    desk.opens(60)

    assert reasons(desk, 120) == {"BROWSING": 120}
    assert desk.state.held_ms == 0


def test_signing_out_keeps_what_is_held_for_another_day() -> None:
    """Rule 5: the drawn moment survives sign-out; held stays held until a check that counts."""
    desk = Desk(draw=400).studies(0).watches(300)
    desk.do(LearnerLeft(desk.at(301), ms(301), ALL))
    assert (desk.state.held_ms, desk.now) == (301_000, ("signed_out", "BY_LEARNER"))

    desk.studies(90_000, session="s2").watches(90_099)

    assert desk.requested == ["login", "login", "drawn"]
    desk.passes(90_099, "s2", position=400)
    assert desk.lesson().counted_to_ms == 400_000


def test_one_who_leaves_at_59_studied_seconds_again_and_again_meets_the_same_draw() -> None:
    """Rule 5: counted in studied seconds; it survives sign-out."""
    desk = Desk(draw=300)
    for number in range(6):
        start = 1_000 * number
        desk.studies(start, session=f"s{number}")
        desk.watches(start + 59)
        desk.do(LearnerLeft(desk.at(start + 59), desk.state.segment.position_ms if desk.state.segment else None, ALL))

    assert len(desk.drawn) == 1
    assert desk.requested[-1] == "drawn"
    assert desk.lesson().counted_to_ms == 0


def test_signing_out_is_refused_while_a_check_is_open() -> None:
    """Rule 8: "I must leave" is refused while a check is open."""
    desk = Desk(draw=60).studies(0).watches(60)
    desk.pushed(60)

    desk.do(LearnerLeft(desk.at(61), 61_000, ALL))

    assert desk.refused == ["CHECK_OPEN"]
    assert desk.now == ("challenged", None)


def test_nobody_signs_out_twice() -> None:
    desk = Desk()
    desk.do(LearnerLeft(desk.at(1)))

    assert desk.refused == ["NO_SESSION"]


def test_withdrawing_consent_ends_all_and_an_open_check_is_missed() -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    desk.shown(60, desk.pushed(60), 60)
    desk.offer(61, "s2")
    desk.pushed(62, "s2")

    desk.do(LearnerLeft(desk.at(63), forced=True))

    assert desk.closed[1:] == [("login", "missed"), ("drawn", "missed")]
    assert desk.ended == [("CHECK_MISSED", 63), ("CHECK_MISSED", 63)]
    assert (desk.state.session, desk.state.rival) == (None, None)


def test_withdrawing_consent_while_studying_signs_out() -> None:
    desk = Desk().studies(0).watches(60)
    desk.offer(61, "s2")

    desk.do(LearnerLeft(desk.at(61), forced=True))

    assert (desk.ended, desk.state.held_ms) == ([("BY_LEARNER", 61), ("BY_LEARNER", 61)], 60_000)


@pytest.mark.parametrize("challenged", [True, False])
def test_staff_can_end_a_session(challenged: bool) -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    if challenged:
        desk.pushed(61)

    desk.do(SignedOutByStaff(desk.at(70), "teacher"))

    assert desk.now == ("signed_out", "BY_STAFF")
    assert desk.settled(70).total_ms == 70_000
    assert desk.closed == [("login", "passed"), *([("drawn", "device_error")] if challenged else [])]


def test_staff_cannot_end_what_has_not_begun() -> None:
    desk = Desk()
    desk.do(SignedOutByStaff(desk.at(70), "teacher"))

    assert desk.ended == []


def test_after_six_failed_checks_allowed_lets_the_learner_try_again() -> None:
    """Failed checks a day: 6, then staff's allow."""
    desk = Desk()
    for number in range(6):
        desk.offer(number, f"s{number}")
        desk.fails(number, f"s{number}")
    desk.offer(10, "s7")
    assert desk.refused == ["FAILED_CHECKS_EXHAUSTED"]

    desk.do(Allowed(desk.at(20), "teacher"))
    desk.offer(21, "s8")

    assert desk.now == ("awaiting_login_check", None)


def test_failed_checks_are_forgotten_the_next_day() -> None:
    desk = Desk()
    for number in range(6):
        desk.offer(number, f"s{number}")
        desk.fails(number, f"s{number}")

    desk.offer(86_400, "s7")

    assert desk.refused == []


# ------------------------------------------------------------------ lessons


@pytest.mark.parametrize("how", ["no session", "login check", "challenged", "slot", "unknown"])
def test_a_lesson_is_opened_only_when_it_can_be_studied(how: str) -> None:
    """No lesson opens before the login check (2.2.2 b, row 10)."""
    desk = Desk(draw=60)
    if how != "no session":
        desk.offer(0)
    if how not in ("no session", "login check"):
        desk.passes(0)
    if how in ("challenged", "slot"):
        desk.opens(0)
        desk.plays(0)
        desk.watches(60)
    if how == "challenged":
        desk.pushed(60)

    desk.opens(61, "L9" if how == "unknown" else "L1")

    expected = {"unknown": "NO_SUCH_LESSON", "challenged": "CHECK_OPEN", "slot": "CHECK_OPEN"}
    assert desk.refused == [expected.get(how, "NO_SESSION")]


def test_changing_the_lesson_keeps_what_was_earned() -> None:
    desk = Desk(600, 600).studies(0).watches(20)

    desk.opens(23, "L2")
    before = desk.state
    desk.opens(24, "L2")

    assert desk.state is not before or desk.state == before
    assert desk.now == ("browsing", None)
    assert (earned(desk), reasons(desk, 30)) == (20, {"STALLED": 3, "BROWSING": 7})


# ------------------------------------------------------------------ sockets


def test_a_lost_socket_pauses_and_costs_what_was_not_reported() -> None:
    desk = Desk().studies(0).watches(20)

    desk.leaves_socket(23)
    desk.leaves_socket(24, "another")
    desk.comes_back(40)

    assert desk.now == ("paused", "DISCONNECTED")
    assert (earned(desk), reasons(desk, 40)) == (20, {"DISCONNECTED": 20})
    desk.plays(40)
    assert desk.now == ("studying", None)


def test_a_lost_socket_while_browsing_comes_back_to_browsing() -> None:
    desk = Desk().login(0)
    desk.leaves_socket(10)
    assert desk.now == ("paused", "DISCONNECTED")

    desk.comes_back(30)

    assert desk.now == ("browsing", None)
    assert reasons(desk, 40) == {"BROWSING": 20, "DISCONNECTED": 20}


def test_nobody_comes_back_to_a_session_that_is_over() -> None:
    desk = Desk()
    before = desk.state
    desk.comes_back(1)

    assert desk.state.connected == before.connected


def test_a_login_check_that_was_due_is_asked_for_again_when_the_page_is_back() -> None:
    desk = Desk()
    desk.offer(0)
    desk.leaves_socket(5)
    desk.comes_back(20)

    assert desk.requested == ["login", "login"]


def test_a_page_that_goes_while_it_waits_for_a_slot_waits_no_more() -> None:
    """docs/adr/0003: a drawn check that was due when the learner left comes back as a resume check."""
    desk = Desk(draw=60).studies(0).watches(60)
    desk.busy(60)

    desk.leaves_socket(70)

    assert desk.now == ("paused", "DISCONNECTED")
    assert desk.state.draw_at_ms is None
    desk.comes_back(80)
    desk.plays(81)
    assert desk.requested == ["login", "drawn", "resume"]


def test_leaving_before_an_asked_check_leaves_the_drawn_moment_where_it_was() -> None:
    """Rule 5: it survives."""
    from classroom.attendance.events import CheckAsked

    desk = Desk(draw=600).studies(0).watches(60)
    desk.do(CheckAsked(desk.at(60), "proctor"))

    desk.pauses(61, 61)

    assert desk.state.draw_at_ms == 600_000
    desk.plays(62)
    assert desk.requested == ["login", "asked", "resume"]


# ------------------------------------------------------------------ our own crash


@pytest.mark.parametrize("died", [22, 24.9])
def test_a_crash_while_studying_costs_at_most_a_heartbeat(died: float) -> None:
    """A fault costs at most one heartbeat of earned time."""
    desk = Desk().studies(0).watches(20)

    desk.do(OwnerLost(desk.at(died)))
    desk.comes_back(60)

    assert (earned(desk), desk.now) == (20, ("paused", "SYSTEM_ERROR"))
    assert reasons(desk, 60) == {"SYSTEM_ERROR": 40}


def test_a_crash_while_challenged_is_no_strike() -> None:
    """Rule 7: the owner's lease lapsed before the deadline: SYSTEM_ERROR; the held stretch stays."""
    desk = Desk(draw=60).studies(0).watches(60)
    check = desk.pushed(60)
    desk.shown(60, check, 60)
    desk.loses_try(70, check)

    desk.do(OwnerLost(desk.at(80)))

    assert (desk.closed[-1], desk.state.held_ms) == (("drawn", "device_error"), 60_000)
    assert desk.found(CloseCheck)[-1].reason == "SYSTEM_ERROR"
    assert desk.state.day.failed_checks == 0
    desk.comes_back(90)
    desk.plays(91)
    assert desk.requested[-1] == "resume"


def test_a_crash_after_the_deadline_does_not_undo_a_missed_check() -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    desk.shown(60, desk.pushed(60), 60)

    desk.do(OwnerLost(desk.at(140)))

    assert desk.ended == [("CHECK_MISSED", 135)]


def test_a_crash_while_the_learner_waits_for_a_slot() -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    desk.busy(60)

    desk.do(OwnerLost(desk.at(80)))

    assert desk.now == ("paused", "SYSTEM_ERROR")


def test_a_crash_before_and_during_the_login_check() -> None:
    before, during = Desk(), Desk()
    for desk in (before, during):
        desk.offer(0)
    during.pushed(1)
    for desk in (before, during):
        desk.do(OwnerLost(desk.at(10)))
        assert not desk.state.requested
        desk.comes_back(20)
        desk.passes(21)

        assert desk.now == ("browsing", None)


def test_a_crash_while_paused_or_signed_out_changes_no_seconds() -> None:
    desk = Desk()
    desk.do(OwnerLost(desk.at(1)))
    desk.studies(2).watches(10)
    desk.pauses(10, 8)

    desk.do(OwnerLost(desk.at(20)))

    assert desk.now == ("paused", "PAUSED_BY_LEARNER")


def test_a_crash_ends_a_takeover_that_waits() -> None:
    waiting, challenged = Desk().studies(0), Desk().studies(0)
    for desk in (waiting, challenged):
        desk.offer(5, "s2")
    challenged.pushed(6, "s2")
    for desk in (waiting, challenged):
        desk.do(OwnerLost(desk.at(8)))

        assert desk.ended == [("BY_LEARNER", 8)]
        assert desk.state.rival is None


# ------------------------------------------------------------------ rule 9: another device


def test_a_takeover_takes_effect_when_the_new_device_has_passed_and_the_old_goes_on_until_then() -> None:
    """Rule 9."""
    desk = Desk(draw=400).studies(0).watches(100)
    desk.offer(100, "s2", device="d2")
    desk.watches(110)
    check = desk.pushed(110, "s2")
    desk.shown(110, check)
    desk.frames(111, check)
    desk.watches(120)
    assert desk.state.session is not None and desk.state.session.id == "s1"

    desk.verdict(120, check)

    assert desk.ended == [("TAKEN_OVER", 120)]
    assert desk.now == ("browsing", None)
    assert (earned(desk), desk.state.held_ms, desk.state.draw_at_ms) == (120, 120_000, 400_000)
    assert reasons(desk, 130) == {"AWAITING_CHECK": 20, "BROWSING": 10}
    assert Raise("device_switch") in desk.effects


def test_a_takeover_while_challenged_is_a_missed_check() -> None:
    """Rule 9: takeover while challenged is a missed check."""
    desk = Desk(draw=60).studies(0).watches(60)
    desk.shown(60, desk.pushed(60), 60)
    desk.offer(61, "s2")

    desk.passes(70, "s2")

    assert desk.closed == [("login", "passed"), ("drawn", "missed"), ("login", "passed")]
    assert desk.ended == [("CHECK_MISSED", 70)]
    assert (earned(desk), desk.state.held_ms, desk.now) == (0, 0, ("browsing", None))


def test_a_new_device_that_fails_drops_what_is_held_and_the_old_one_goes_on() -> None:
    """No failed check in between: what was earned before it can't be confirmed any more."""
    desk = Desk(draw=400).studies(0).watches(100)
    desk.offer(100, "s2", device="d2")

    desk.fails(100, "s2")

    assert desk.ended == [("CHECK_FAILED", 100)]
    assert (earned(desk), desk.now) == (0, ("studying", None))
    assert desk.found(SeekBack) == [SeekBack(0, "DROPPED")]
    desk.plays(105, 0)
    desk.watches(505)
    assert desk.requested[-1] == "drawn"


def test_a_new_device_that_misses_its_check_late_noticed_is_dated_at_its_deadline() -> None:
    desk = Desk(draw=800).login(0)
    desk.offer(100, "s2", device="d2")
    desk.pushed(101, "s2")
    assert desk.due == 176

    desk.ticks(300)

    assert desk.ended == [("CHECK_MISSED", 176)]
    assert desk.seconds(desk.found(CloseCheck)[-1].at) == 176


def test_a_new_device_that_fails_before_anything_was_earned_interrupts_nothing() -> None:
    desk = Desk(draw=400).studies(0)
    desk.beats(3, 0)
    desk.offer(4, "s2")
    desk.fails(4, "s2")
    desk.beats(8, 5)
    desk.beats(13, 10)

    assert desk.found(SeekBack) == []
    assert earned(desk) == 10


def test_under_the_milder_reading_a_new_device_that_fails_drops_nothing() -> None:
    desk = Desk(draw=400, void_held_on_failure=False).studies(0).watches(100)
    desk.do(Blurred(desk.at(100), ms(100), ALL))
    desk.offer(101, "s2")

    desk.fails(101, "s2")

    assert desk.state.blurred_at == desk.at(100)
    assert desk.due == 101.5
    assert (earned(desk), len(desk.drawn)) == (100, 2)


def test_while_the_old_device_is_interrupted_a_failing_rival_leaves_it_so() -> None:
    desk = Desk(50, 600, draw=400).studies(0).watches(50)
    assert desk.requested[-1] == "closing"
    desk.offer(50, "s2")

    desk.fails(51, "s2")

    assert desk.state.segment is None
    assert desk.found(SeekBack) == []
    assert earned(desk) == 0


def test_a_third_device_waits_while_the_second_is_checked() -> None:
    desk = Desk().studies(0)
    desk.offer(5, "s2")
    desk.pushed(5, "s2")

    desk.offer(6, "s3")

    assert desk.refused == ["CHECK_OPEN"]


def test_a_third_device_displaces_a_second_that_waits_for_its_slot() -> None:
    desk = Desk().studies(0)
    desk.offer(5, "s2")

    desk.offer(9, "s3")

    assert desk.ended == [("BY_LEARNER", 9)]
    assert desk.state.rival is not None and desk.state.rival.session.id == "s3"


@pytest.mark.parametrize("challenged", [True, False])
def test_when_the_old_device_signs_out_the_waiting_one_goes_on(challenged: bool) -> None:
    desk = Desk().studies(0)
    desk.offer(5, "s2")
    check = desk.pushed(6, "s2") if challenged else ""

    desk.do(LearnerLeft(desk.at(8)))

    assert desk.now == ("challenged" if challenged else "awaiting_login_check", None)
    desk.verdict(10, check or desk.pushed(9, "s2"))
    assert desk.now == ("browsing", None)
    assert desk.settled(10).total_ms == 5_000


@pytest.mark.parametrize(("shown", "ended"), [(False, [("BY_LEARNER", 8)]), (True, [])])
def test_a_new_device_that_leaves(shown: bool, ended: list[tuple[str, float]]) -> None:
    """Rule 7: a push that no page acknowledged is DISCONNECTED; rule 8: leaving later is missing it."""
    desk = Desk().studies(0)
    desk.offer(5, "s2")
    check = desk.pushed(6, "s2")
    if shown:
        desk.shown(7, check)

    desk.leaves_socket(8, "s2")

    assert desk.ended == ended
    if shown:
        desk.beats(15, 15)
        desk.voids(16, check, "PROVIDER_DOWN")
        assert desk.ended == [("BY_LEARNER", 16)]


def test_a_new_device_that_leaves_before_its_slot_comes() -> None:
    desk = Desk().studies(0)
    desk.offer(5, "s2")

    desk.leaves_socket(6, "s2")

    assert desk.ended == [("BY_LEARNER", 6)]


def test_a_new_device_whose_check_is_lost_to_the_media_plane_is_checked_again() -> None:
    desk = Desk().studies(0)
    desk.offer(5, "s2")
    check = desk.pushed(6, "s2")
    desk.loses_try(7, check)

    desk.voids(8, check, "PROVIDER_DOWN")

    assert desk.requested == ["login", "login", "login"]
    desk.beats(10, 10)
    second = desk.pushed(12, "s2")
    desk.voids(13, second, "PROVIDER_DOWN")
    assert desk.closed[-1] == ("login", "missed")


def test_a_takeover_brings_the_rules_in_force_when_it_was_offered() -> None:
    desk = Desk().studies(0)
    new = Rules(idle_ms=600_000)
    desk.do(SessionOffered(desk.at(5), "s2", new, ms(7), "d2"))

    desk.passes(6, "s2")

    assert desk.state.rules == new
    assert desk.state.day.used_elsewhere_ms == ms(7)


def test_a_takeover_over_midnight_does_not_bring_yesterdays_use() -> None:
    midnight = 15 * 3600
    desk = Desk().login(midnight - 10)
    desk.offer(midnight - 5, "s2", used=100)

    desk.passes(midnight + 5, "s2")

    assert desk.state.day.used_elsewhere_ms == 0


# ------------------------------------------------------------------ idle


def test_idle_is_warned_60_seconds_before_and_signed_out_at_15_minutes() -> None:
    """Row 30, 2.2.2 c: the interval past the preset; warned 60 s before."""
    desk = Desk(draw=60).login(0)
    desk.opens(10)
    desk.do(Interacted(desk.at(20)))
    assert desk.due == 20 + 840

    desk.ticks(861)
    assert desk.found(WarnIdle) == [WarnIdle(desk.at(920))]
    desk.ticks(5_000)

    assert desk.ended == [("IDLE", 920)]
    assert desk.settled(5_000).total_ms == 920_000


@pytest.mark.parametrize("tick", [920, 100_000])
def test_idle_is_dated_when_it_was_due_however_late(tick: float) -> None:
    desk = Desk().login(0)
    desk.do(Interacted(desk.at(20)))

    desk.ticks(tick)

    assert desk.ended == [("IDLE", 920)]


def test_whoever_does_something_after_the_warning_stays() -> None:
    desk = Desk().login(0)
    desk.ticks(850)
    desk.do(Interacted(desk.at(860)))

    assert desk.due == 860 + 840
    desk.ticks(1_700)
    assert len(desk.found(WarnIdle)) == 2


def test_idle_runs_while_paused() -> None:
    """Idle runs in studying, paused and browsing."""
    desk = Desk().studies(0).watches(100)
    desk.do(Hidden(desk.at(100), ms(100), ALL))

    desk.ticks(2_000)

    assert desk.ended == [("IDLE", 1_000)]
    assert desk.state.held_ms == 100_000


def test_who_only_watches_is_kept_by_the_checks() -> None:
    """Watching isn't idling: checks come more often; a passed check is an interaction."""
    desk = Desk(draw=700).studies(0)
    for second in range(5, 701, 5):
        desk.beats(second, second)
    desk.passes(700, position=700)
    desk.plays(700)
    for second in range(705, 1_401, 5):
        desk.beats(second, second)

    assert desk.ended == []
    assert desk.requested == ["login", "drawn", "drawn"]


def test_idle_stands_still_while_the_learner_waits_for_us() -> None:
    """... and stands still while the learner waits for us (BUSY, PROVIDER_DOWN)."""
    desk = Desk(draw=60).studies(0).watches(60)
    desk.busy(60)
    assert desk.due is None

    desk.do(Hidden(desk.at(2_060), ms(60), ALL))

    assert desk.due == 60 + 2_000 + 840


def test_idle_stands_still_while_a_login_check_has_no_slot_and_runs_when_the_page_is_gone() -> None:
    desk = Desk()
    desk.offer(0)
    desk.ticks(3_000)
    assert (desk.due, desk.ended) == (None, [])

    desk.leaves_socket(3_000)

    assert desk.due == 3_840
    desk.ticks(10_000)
    assert desk.ended == [("IDLE", 3_900)]


def test_interaction_without_a_session_is_nothing() -> None:
    desk = Desk()
    before = desk.state
    desk.do(Interacted(desk.at(5)))

    assert desk.state == before


# ------------------------------------------------------------------ the checkpoint's event


def test_what_quiet_reports_changed_is_one_event() -> None:
    desk = Desk().studies(0)
    twin = Desk().studies(0)
    desk.watches(50)

    twin.ledger.state = twin.state
    twin.do(continued(desk.state, desk.at(50)))

    assert twin.state == desk.state
    desk.pauses(51, 51)
    assert continued(desk.state, desk.at(52)).last_at is None
