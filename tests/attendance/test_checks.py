"""What a check does: rules 4, 6, 7, 8 of "Credit, exactly"."""

import pytest

from classroom.attendance.events import CheckAsked, CloseCheck, Confirm, Hidden, OwnerLost, Raise, SeekBack
from tests.attendance.desk import Desk


def counted(desk: Desk, lesson: str = "L1") -> float:
    return desk.lesson(lesson).counted_to_ms / 1000


def earned(desk: Desk, lesson: str = "L1") -> float:
    return desk.lesson(lesson).earned_to_ms / 1000


def drawn(desk: Desk, at: float = 400) -> Desk:
    """Studied without a break until the drawn moment, then pushed and shown."""
    return desk.studies(0).watches(at)


# ------------------------------------------------------------------ rule 4: who confirms


def test_a_drawn_pass_counts_everything_held_everywhere() -> None:
    """Rule 4: a pass of a drawn check sets counted_to = earned_to everywhere."""
    desk = Desk(1_000, 2_700, draw=400).studies(0, "L1").watches(100)
    desk.pauses(100, 100)
    desk.opens(110, "L2")
    desk.plays(110)
    desk.watches(410)

    desk.passes(410, position=300)

    assert (counted(desk, "L1"), counted(desk, "L2"), desk.state.held_ms) == (100, 300, 0)
    assert desk.closed == [("login", "passed"), ("drawn", "passed")]
    assert desk.settled(410).counted_ms == 400_000


def test_login_and_resume_passes_count_nothing() -> None:
    """Rule 4: login and resume only let the learner go on: their moment is the learner's choice."""
    desk = Desk(draw=815).studies(0).watches(300)
    desk.pauses(300, 300)
    desk.plays(1_000)
    desk.passes(1_001)

    assert desk.closed == [("login", "passed"), ("resume", "passed")]
    assert (earned(desk), counted(desk), desk.state.held_ms) == (300, 0, 300_000)
    assert desk.found(Confirm) == []


def test_a_check_asked_by_a_proctor_counts() -> None:
    """Rule 4: a pass of a drawn, closing or asked check sets counted_to = earned_to."""
    desk = Desk(draw=800).studies(0).watches(100)
    desk.do(CheckAsked(desk.at(100), "proctor"))
    desk.passes(100, position=100)

    assert desk.closed[-1] == ("asked", "passed")
    assert counted(desk) == 100
    assert desk.state.last_pass_at == desk.at(100)


def test_an_asked_check_is_no_drawn_one_inside_the_lesson() -> None:
    """Rules 4, 11: every lesson has a drawn or a closing one inside it."""
    desk = Desk(300, 2_700, draw=800).studies(0).watches(100)
    desk.draw = 800
    desk.do(CheckAsked(desk.at(100), "proctor"))
    desk.passes(100, position=100)
    assert not desk.lesson().covered
    desk.plays(100)

    desk.watches(298)

    assert desk.drawn[-1].to_ms == 199_000  # inside what is left of it


def test_a_lesson_whose_end_was_left_without_a_check_is_not_finished_by_a_check_elsewhere() -> None:
    """Rule 11: finished when counted_to >= length - 1 s and a drawn or closing check passed inside it."""
    desk = Desk(50, 2_700, draw=200).studies(0).watches(50)
    desk.pauses(50, 50)
    desk.opens(55, "L2")
    desk.plays(60)
    desk.watches(210)
    desk.passes(210, position=150)

    assert (counted(desk, "L1"), desk.lesson("L1").finished(desk.rules)) == (50, False)
    desk.opens(220, "L1")
    desk.plays(221)
    assert desk.requested[-1] == "closing"
    desk.passes(222)
    assert desk.lesson("L1").finished(desk.rules)


def test_a_proctor_asks_while_the_learner_rests_and_is_answered_when_play_begins() -> None:
    """Pushes happen only while studying (rule 5): what was asked meanwhile comes before anything more is earned."""
    desk = Desk(draw=800).studies(0).watches(100)
    desk.pauses(100, 100)
    desk.do(CheckAsked(desk.at(150), "proctor"))
    assert desk.requested == ["login"]
    desk.do(CheckAsked(desk.at(151), "proctor"))

    desk.plays(160)

    assert desk.refused == ["NOT_NOW"]
    assert desk.requested == ["login", "asked"]
    assert desk.now == ("paused", "AWAITING_CHECK")


def test_nobody_can_be_asked_without_a_session() -> None:
    desk = Desk()

    desk.do(CheckAsked(desk.at(1), "proctor"))

    assert desk.refused == ["NOT_NOW"]


def test_the_end_of_a_lesson_without_a_drawn_check_asks_for_a_closing_one() -> None:
    """Rule 4: closing before the end of a lesson that had no drawn one yet; rule 11: only then is it finished."""
    desk = Desk(50, 2_700, draw=815).studies(0).watches(50)
    assert desk.requested == ["login", "closing"]
    assert not desk.lesson().finished(desk.rules)

    desk.passes(51, position=50)

    assert (counted(desk), desk.now) == (50, ("browsing", None))
    assert desk.lesson().finished(desk.rules)


def test_a_lesson_with_a_drawn_check_ends_without_another() -> None:
    """Rule 4: closing only where no drawn one was passed; what remains is held until the next drawn one."""
    desk = Desk(500, 2_700, draw=200).studies(0).watches(200)
    desk.draw = 815
    desk.passes(200, position=200)
    desk.plays(200)
    desk.watches(510)

    assert desk.requested == ["login", "drawn"]
    assert desk.now == ("browsing", None)
    assert (earned(desk), counted(desk)) == (500, 200)
    assert not desk.lesson().finished(desk.rules)  # rule 11: counted_to >= length - 1 s


def test_the_courses_last_lesson_ends_with_a_closing_check_even_when_it_had_a_drawn_one() -> None:
    """Rule 4: closing at the end of a course's last lesson."""
    desk = Desk(500, draw=200).studies(0).watches(200)
    desk.draw = 815
    desk.passes(200, position=200)
    desk.plays(200)
    desk.watches(500)
    assert desk.requested == ["login", "drawn", "closing"]

    desk.passes(501, position=500)

    assert counted(desk) == 500
    assert desk.lesson().finished(desk.rules)


def test_a_counted_end_cannot_be_played_again_to_bring_a_check_at_will() -> None:
    """The bold sentence: every counted second is confirmed by a check whose moment nobody could know."""
    desk = Desk(2_700, 50, draw=400).studies(0, "L2").watches(50)
    desk.passes(50, position=50)
    desk.opens(60, "L1")
    desk.plays(60)
    desk.watches(110)
    desk.pauses(110, 50)
    desk.opens(111, "L2")

    desk.plays(112)

    assert desk.requested == ["login", "closing"]
    assert counted(desk, "L1") == 0


# ------------------------------------------------------------------ rule 6: deadlines and tries


def test_the_window_runs_from_the_first_frame_and_ends_75_s_after_the_push_at_the_latest() -> None:
    """Rule 6: deadline = min(first decoded frame + 60 s, push + 75 s), all tries included."""
    early, late, never = (drawn(Desk(draw=400)) for _ in range(3))
    for desk, frame in ((early, 405), (late, 414), (never, None)):
        check = desk.pushed(401)
        desk.shown(402, check, 401)
        if frame is not None:
            desk.frames(frame, check)
            desk.frames(frame + 1, check)  # only the first counts

    assert (early.due, late.due, never.due) == (465, 474, 476)


def test_frames_that_come_late_do_not_move_the_end_past_75_s() -> None:
    """Rule 6: ... push + 75 s."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(401)
    desk.shown(402, check, 401)
    desk.frames(431, check)

    assert desk.due == 476


@pytest.mark.parametrize("tick", [476, 500, 4_000])
def test_a_missed_check_is_dated_at_its_deadline_however_late_the_alarm(tick: float) -> None:
    """A transition is dated at its deadline, not at the moment it was noticed."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(401)
    desk.shown(402, check, 401)

    desk.ticks(tick)

    assert desk.ended == [("CHECK_MISSED", 476)]
    assert desk.settled(tick).total_ms == 476_000
    close = desk.found(CloseCheck)[-1]
    assert (close.kind, close.outcome, close.reason, close.cost_ms) == ("drawn", "missed", "NO_CAMERA", 401_000)
    assert desk.seconds(close.at) == 476


def test_a_verdict_that_comes_after_the_deadline_is_too_late() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(401)
    desk.shown(402, check, 401)
    desk.frames(403, check)

    desk.verdict(463, check)

    assert desk.ended == [("CHECK_MISSED", 463)]
    assert desk.found(CloseCheck)[-1].reason == "TOO_LATE"
    assert counted(desk) == 0


def test_a_verdict_within_the_deadline_counts() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(401)
    desk.shown(402, check, 401)
    desk.frames(403, check)

    desk.verdict(462.999, check)

    assert counted(desk) == 401


def test_a_check_is_passed_at_its_third_try() -> None:
    """Rule 6: three tries."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(400, check, 400)
    desk.loses_try(410, check)
    desk.loses_try(420, check)
    assert desk.state.check is not None and desk.state.check.tries_failed == 2

    desk.verdict(430, check)

    assert (counted(desk), desk.state.day.failed_checks) == (400, 0)


def test_a_check_that_fails_at_its_third_try_drops_everything_held_and_signs_out() -> None:
    """Rule 6: either sets earned_to = counted_to everywhere and signs out; 2.2.2 b; row 30."""
    desk = Desk(1_000, 2_700, draw=400).studies(0, "L1").watches(100)
    desk.pauses(100, 100)
    desk.opens(100, "L2")
    desk.plays(100)
    desk.watches(400)

    desk.fails(400, position=300)

    assert (earned(desk, "L1"), earned(desk, "L2"), desk.state.held_ms) == (0, 0, 0)
    assert desk.ended == [("CHECK_FAILED", 400)]
    assert desk.settled(400).not_counted_ms == {"VERIFICATION_FAILED": 400_000}
    assert desk.state.day.failed_checks == 1


def test_what_was_dropped_may_be_watched_again() -> None:
    """Rule 6, 补录: positions and the day's cap are given back."""
    desk = drawn(Desk(draw=400))
    desk.fails(400, position=400)
    assert (desk.state.used_today_ms, desk.lesson().dropped_to_ms) == (0, 400_000)

    desk.studies(500, session="s2").watches(895)
    assert desk.requested == ["login", "drawn", "login"]  # the next moment is drawn anew, its count begins anew
    desk.watches(900)
    desk.passes(900, "s2", position=400)

    assert (counted(desk), desk.state.used_today_ms) == (400, 400_000)


def test_a_drop_leaves_what_was_counted_before() -> None:
    desk = drawn(Desk(draw=400))
    desk.passes(400, position=400)
    desk.plays(400)
    desk.watches(800)
    desk.fails(800, position=800)

    assert (earned(desk), counted(desk)) == (400, 400)
    assert desk.lesson().dropped_to_ms == 800_000


def test_the_milder_reading_keeps_what_was_held_before_the_prompt() -> None:
    """Rule 12: a setting allows the milder reading of 2.2.2 b (only the time after the failure prompt is lost)."""
    desk = drawn(Desk(draw=400, void_held_on_failure=False))

    desk.fails(400, position=400)

    assert (earned(desk), counted(desk), desk.state.held_ms) == (400, 0, 400_000)
    assert desk.ended == [("CHECK_FAILED", 400)]
    assert desk.found(CloseCheck)[-1].cost_ms == 0


# ------------------------------------------------------------------ rule 6: slots


def test_without_a_slot_the_seat_pauses_earns_nothing_and_does_not_idle() -> None:
    """Rule 6: without one the seat pauses (AWAITING_CHECK, shown as BUSY) and earns nothing."""
    desk = drawn(Desk(draw=400))

    desk.busy(401)
    desk.beats(403, 403)
    for second in range(402, 3_000, 5):
        desk.busy(second)

    assert desk.now == ("paused", "AWAITING_CHECK")
    assert earned(desk) == 401
    assert desk.due is None
    assert desk.plays(3_000) and desk.refused == ["BUSY"]
    desk.passes(3_001)
    assert counted(desk) == 401
    assert desk.settled(3_001).not_counted_ms == {"AWAITING_CHECK": 2_600_000}


def test_a_push_that_the_media_plane_answers_too_late_stops_the_earning_in_time() -> None:
    """Property of rule 5: a push later than 825 s after a pass would end past 900; nothing is earned until it comes."""
    desk = Desk(draw=815).login(0)
    desk.opens(0)
    desk.plays(10)
    desk.watches(820)
    assert desk.requested == ["login", "resume"]

    desk.beats(830, 820)
    desk.beats(840, 830)

    assert desk.now == ("paused", "AWAITING_CHECK")
    assert earned(desk) == 815  # from 10 to 825
    desk.passes(850)
    assert desk.closed[-1] == ("resume", "passed")


def test_the_media_plane_that_is_away_is_named_and_named_again_when_it_is_only_busy() -> None:
    desk = drawn(Desk(draw=400))

    desk.busy(401, cause="PROVIDER_DOWN")
    assert desk.now == ("paused", "PROVIDER_DOWN")
    desk.beats(402, 402)
    desk.busy(411, cause="BUSY")
    desk.passes(421)

    assert desk.settled(421).not_counted_ms == {"PROVIDER_DOWN": 10_000, "AWAITING_CHECK": 10_000}


def test_a_login_check_waits_for_its_slot_under_its_reason() -> None:
    desk = Desk()
    desk.offer(0)
    desk.busy(1, cause="PROVIDER_DOWN")
    assert desk.now == ("awaiting_login_check", "PROVIDER_DOWN")
    desk.busy(2)
    desk.busy(3, session="other")

    assert desk.now == ("awaiting_login_check", "AWAITING_CHECK")
    assert desk.due is None


def test_a_slot_that_comes_when_no_check_is_due_is_refused() -> None:
    """Rule 6: a push is made only while it is due; whoever paused before it has released it."""
    desk = drawn(Desk(draw=400))
    desk.pauses(400.5, 400.5)

    desk.pushed(401)

    assert desk.refused == ["NOT_DUE"]
    assert desk.now == ("paused", "PAUSED_BY_LEARNER")


def test_a_push_costs_the_seconds_until_the_page_stopped_nothing() -> None:
    """docs/adr/0005: the page's last position settles what the push interrupted, never past the push."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(403)

    desk.shown(404, check, 404)
    desk.verdict(420, check)

    assert counted(desk) == 403


def test_without_the_pages_last_position_the_last_report_stands() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(403)

    desk.shown(404, check)
    desk.verdict(420, check)

    assert counted(desk) == 400


# ------------------------------------------------------------------ rule 7: not the learner's fault


def test_a_lost_media_process_is_forgiven_once_a_day_and_its_check_comes_again() -> None:
    """Rule 7: PROVIDER_DOWN; the held stretch stays, and a new check comes before anything is earned."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(400, check, 400)

    desk.voids(410, check, "PROVIDER_DOWN")

    assert desk.now == ("paused", "PROVIDER_DOWN")
    assert desk.requested == ["login", "drawn", "resume"]
    assert (desk.closed[-1], desk.state.held_ms) == (("drawn", "provider_down"), 400_000)
    desk.passes(420)
    assert (counted(desk), desk.state.held_ms) == (0, 400_000)


def test_the_second_lost_media_process_of_a_day_is_missed_and_flagged() -> None:
    """Rule 7: the second in a day on the same learner's stream is missed and flagged."""
    desk = drawn(Desk(draw=400))
    desk.voids(410, desk.pushed(400), "PROVIDER_DOWN")

    desk.voids(430, desk.pushed(420), "PROVIDER_DOWN")

    assert desk.closed[-1] == ("resume", "missed")
    assert desk.ended == [("CHECK_MISSED", 430)]
    assert Raise("spoof") in desk.effects
    assert desk.state.held_ms == 0


def test_one_media_process_that_takes_both_devices_checks_with_it_is_one_fault() -> None:
    """Given a drawn check and a new device's login check open, when their process dies, then neither is a strike."""
    desk = drawn(Desk(draw=400))
    desk.offer(390, "s2")
    new, check = desk.pushed(395, "s2"), desk.pushed(400)

    desk.voids(410, check, "PROVIDER_DOWN")
    desk.voids(411, new, "PROVIDER_DOWN")

    assert desk.closed[-2:] == [("drawn", "provider_down"), ("login", "provider_down")]
    assert (desk.state.held_ms, desk.ended) == (400_000, [])
    desk.voids(412, desk.pushed(411.5, "s2"), "PROVIDER_DOWN")  # pushed after that: another fault
    assert desk.closed[-1] == ("login", "missed")


def test_a_new_day_forgives_anew() -> None:
    desk = drawn(Desk(draw=400))
    desk.voids(410, desk.pushed(400), "PROVIDER_DOWN")
    desk.pauses(420, 400)
    tomorrow = 86_400

    desk.ticks(tomorrow)
    desk.login(tomorrow, "s2")
    desk.offer(tomorrow + 5, "s3")
    desk.voids(tomorrow + 20, desk.pushed(tomorrow + 10, "s3"), "PROVIDER_DOWN")

    assert desk.closed[-1] == ("login", "provider_down")


def test_a_push_that_no_page_acknowledged_is_forgiven_twice_a_day() -> None:
    """Rule 7: DISCONNECTED (twice a day, then missed)."""
    desk = Desk(draw=60).studies(0).watches(60)
    held = []
    for second in (60, 100, 140):
        desk.pushed(second)
        desk.leaves_socket(second + 5)
        held.append(desk.state.held_ms)
        desk.comes_back(second + 10)
        desk.plays(second + 12)

    assert desk.closed == [
        ("login", "passed"),
        ("drawn", "device_error"),
        ("resume", "device_error"),
        ("resume", "missed"),
    ]
    assert held == [60_000, 60_000, 0]
    assert desk.ended == [("CHECK_MISSED", 145)]


def test_leaving_after_the_page_has_shown_the_check_is_missing_it() -> None:
    """Rule 8: leaving then is missing it."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(401, check, 400)

    desk.leaves_socket(402)
    desk.ticks(500)

    assert desk.ended == [("CHECK_MISSED", 475)]
    assert desk.state.held_ms == 0


def test_a_page_that_comes_back_in_time_goes_on_with_its_check() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(401, check, 400)
    desk.leaves_socket(402)
    desk.comes_back(410)

    desk.verdict(440, check)

    assert (counted(desk), desk.now) == (400, ("studying", None))


def test_a_check_lost_to_our_own_error_is_no_strike_and_another_comes_first() -> None:
    """Rule 7: SYSTEM_ERROR; its moment is known now, so the check that replaces it confirms nothing (docs/adr/0003)."""
    desk = drawn(Desk(draw=400))
    desk.voids(410, desk.pushed(400), "SYSTEM_ERROR")
    assert desk.now == ("paused", "SYSTEM_ERROR")

    desk.plays(420)

    assert desk.requested == ["login", "drawn", "resume"]
    assert (desk.state.held_ms, desk.state.day.failed_checks) == (400_000, 0)


def test_after_a_lost_drawn_check_the_next_moment_is_drawn_anew_before_the_held_limit() -> None:
    """docs/adr/0003 and 0029: drawn from the whole range, and before the limit of 900 s where it can."""
    desk = drawn(Desk(draw=400))
    desk.voids(410, desk.pushed(400), "SYSTEM_ERROR")
    desk.plays(420)
    desk.passes(421)
    desk.plays(422)

    assert (desk.drawn[-1].from_ms, desk.drawn[-1].to_ms) == (60_000, 500_000)


def test_after_a_lost_drawn_check_a_lessons_end_confirms_nothing_and_the_next_drawn_check_all() -> None:
    """docs/adr/0029: the end can be seen coming; nothing is dropped, and both lessons are finished in the end."""
    desk = Desk(200, 2_700, draw=100).studies(0).watches(100)
    desk.voids(101, desk.pushed(100), "SYSTEM_ERROR")
    desk.plays(110)
    desk.passes(111)
    desk.draw = 300  # beyond the lesson's end
    desk.plays(112)
    desk.watches(212)
    assert desk.requested[-1] == "closing"
    desk.passes(212)

    assert desk.closed[-1] == ("closing", "passed")
    assert (desk.lesson().covered, desk.lesson().counted_to_ms) == (True, 0)
    assert desk.state.held_ms == desk.lesson().earned_to_ms > 0
    desk.opens(230, "L2")
    desk.plays(230)
    desk.watches(430)
    assert desk.requested[-1] == "drawn"
    desk.passes(430)
    assert desk.state.held_ms == 0
    assert desk.lesson().finished(desk.rules)
    assert not desk.state.slipped


def test_at_a_courses_end_the_drawn_check_comes_while_the_learner_watches_again() -> None:
    """docs/adr/0029: what a fault left held at the very end is confirmed by whoever watches on, and not before."""
    desk = Desk(200, draw=100).studies(0).watches(100)
    desk.voids(101, desk.pushed(100), "PROVIDER_DOWN")
    desk.passes(111)
    desk.draw = 300
    desk.plays(112)
    desk.watches(212)
    desk.passes(212)
    assert desk.lesson().counted_to_ms == 0
    desk.plays(240, 0)
    desk.watches(400)
    desk.plays(400, 0)  # again from the start: it was at its end
    desk.watches(440)

    assert desk.requested[-1] == "drawn"
    desk.passes(441)
    assert desk.lesson().finished(desk.rules)


def test_more_crashes_in_checks_than_a_day_has_raise_a_flag_and_cost_nothing() -> None:
    """Rule 7: our own crashes are believed without limit; whoever might cause them is looked at."""
    desk = Desk(draw=100).studies(0).watches(100)
    second = 100.0
    for number in range(4):
        effects = desk.voids(second, desk.pushed(second), "SYSTEM_ERROR")
        assert (Raise("check_failures") in effects) == (number >= desk.rules.crashes_a_day)
        desk.plays(second + 1)
        second += 10
    assert desk.state.held_ms == 100_000
    assert desk.state.day.failed_checks == 0


def test_a_lost_closing_check_leaves_the_drawn_moment_where_it_was() -> None:
    """Rule 5: the drawn moment survives."""
    desk = Desk(50, 2_700, draw=60).studies(0).watches(50)
    before = desk.state.draw_at_ms
    desk.voids(60, desk.pushed(50), "SYSTEM_ERROR")

    assert before is not None
    assert desk.state.draw_at_ms == before


def test_a_lost_closing_check_is_asked_for_again() -> None:
    desk = Desk(50, 2_700, draw=815).studies(0).watches(50)

    desk.voids(60, desk.pushed(50), "PROVIDER_DOWN")

    assert desk.requested == ["login", "closing", "closing"]


@pytest.mark.parametrize(("cause", "outcome"), [("PROVIDER_DOWN", "provider_down"), ("SYSTEM_ERROR", "device_error")])
def test_a_lost_login_check_is_asked_for_again(cause: str, outcome: str) -> None:
    desk = Desk()
    desk.offer(0)

    desk.voids(10, desk.pushed(1), cause)

    assert desk.requested == ["login", "login"]
    assert desk.closed == [("login", outcome)]
    desk.passes(20)
    assert desk.now == ("browsing", None)


def test_a_check_lost_while_its_page_is_away_waits_until_it_is_back() -> None:
    """Pushes happen only while studying: nobody is pushed a check that no page can show."""
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(401, check, 400)
    desk.leaves_socket(402)

    desk.voids(410, check, "PROVIDER_DOWN")

    assert desk.now == ("paused", "DISCONNECTED")
    assert desk.requested == ["login", "drawn"]
    desk.comes_back(420)
    desk.plays(421)
    assert desk.requested == ["login", "drawn", "resume"]


def test_a_fault_of_another_check_changes_nothing() -> None:
    desk = drawn(Desk(draw=400))
    desk.pushed(400)
    before = desk.state

    for event in (desk.voids, lambda at, check, _: desk.verdict(at, check)):
        event(410, "unknown", "SYSTEM_ERROR")
    desk.verdict(410, "unknown", passed=False)
    desk.shown(410, "unknown", 400)
    desk.frames(410, "unknown")

    assert desk.state == before


# ------------------------------------------------------------------ six a day


def test_six_failed_checks_a_day_and_then_a_person_decides() -> None:
    """Failed checks are capped a day, then staff's allow."""
    desk = Desk()
    for number in range(6):
        desk.offer(number * 10, f"s{number}")
        desk.fails(number * 10 + 1, f"s{number}")
    assert desk.closed == [("login", "failed")] * 6

    desk.offer(100, "s7")

    assert desk.refused == ["FAILED_CHECKS_EXHAUSTED"]
    assert desk.now == ("signed_out", "CHECK_FAILED")


def test_a_missed_check_counts_among_them_only_when_a_try_was_lost() -> None:
    """docs/adr/0004: being away isn't guessing."""
    away, guessing = Desk(), Desk()
    for desk in (away, guessing):
        desk.offer(0)
        desk.shown(1, desk.pushed(1))
    guessing.loses_try(10, "c1")
    for desk in (away, guessing):
        desk.ticks(100)

    assert (away.state.day.failed_checks, guessing.state.day.failed_checks) == (0, 1)
    assert Raise("check_failures") in guessing.effects
    assert Raise("check_failures") not in away.effects


def test_a_check_passed_while_the_page_is_hidden_leaves_it_paused() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(400, check, 400)
    desk.do(Hidden(desk.at(410), 400_000, 0))

    desk.verdict(420, check)

    assert desk.now == ("paused", "PAGE_HIDDEN")
    assert counted(desk) == 400


def test_a_check_passed_while_its_page_reconnects_leaves_it_paused() -> None:
    desk = drawn(Desk(draw=400))
    check = desk.pushed(400)
    desk.shown(400, check, 400)
    desk.leaves_socket(410)

    desk.verdict(420, check)

    assert desk.now == ("paused", "DISCONNECTED")
    assert desk.found(SeekBack) == []


def test_an_asked_check_lost_to_our_own_crash_is_no_strike_and_keeps_what_is_held() -> None:
    """Rule 7; the live kill in every state has no way to this one yet (tests/live/test_faults_states.py)."""
    desk = Desk().studies(0).watches(100)
    desk.do(CheckAsked(desk.at(100), "proctor"))
    desk.shown(101, desk.pushed(101), 100)

    desk.do(OwnerLost(desk.at(110)))

    assert desk.closed[-1] == ("asked", "device_error")
    assert (desk.state.held_ms, desk.state.day.failed_checks) == (100_000, 0)
    desk.comes_back(120)
    desk.plays(121)
    assert desk.requested[-1] == "resume"
