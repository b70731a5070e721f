"""A pause by staff and a suspension: one mechanism, which stops earning and costs nothing."""

from classroom.attendance.events import (
    CheckAsked,
    CheckFailed,
    Hidden,
    OwnerLost,
    PausedByStaff,
    Played,
    Readmitted,
    ResumedByStaff,
    SignedOutByStaff,
    Suspended,
)
from classroom.attendance.state import midnight_after
from tests.attendance.desk import ALL, NINE, Desk, ms

HOUR = 3_600


def is_paused(desk: Desk, second: float, until: float = 10 * HOUR) -> None:
    desk.do(PausedByStaff(desk.at(second), "teacher", desk.at(until), "NOT_ATTENTIVE"))


def is_resumed(desk: Desk, second: float) -> None:
    desk.do(ResumedByStaff(desk.at(second), "teacher"))


def test_a_pause_by_staff_stops_earning_and_costs_nothing() -> None:
    desk = Desk().studies(0).watches(100)

    is_paused(desk, 102)
    desk.beats(105, 102)  # the page's last position, as after any interruption by the server

    assert desk.now == ("paused", "PAUSED_BY_STAFF")
    assert desk.lesson().earned_to_ms == ms(102) == desk.state.held_ms
    assert desk.settled(400).not_counted_ms == {"PAUSED_BY_STAFF": ms(298)}


def test_nothing_can_be_played_until_staff_resumes_and_then_the_learner_goes_on_by_a_press() -> None:
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100)
    desk.plays(110)

    is_resumed(desk, 200)

    assert (desk.refused, desk.now) == (["PAUSED_BY_STAFF"], ("browsing", None))
    desk.plays(210)
    desk.watches(260)
    assert (desk.now, desk.lesson().earned_to_ms) == (("studying", None), ms(150))


def test_a_pause_holds_over_a_sign_out_and_a_new_session() -> None:
    """Else whoever is paused would sign out and in."""
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100)
    desk.do(SignedOutByStaff(desk.at(110), "teacher"))

    desk.login(120, "s2")

    assert desk.now == ("paused", "PAUSED_BY_STAFF")


def test_a_forgotten_pause_ends_by_itself_at_its_instant() -> None:
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100, until=700)
    assert desk.due == 700

    desk.ticks(5_000)

    assert desk.now == ("signed_out", "IDLE")  # 15 minutes after its end nobody had come
    assert desk.ended == [("IDLE", 1_600)]
    assert desk.settled(5_000).not_counted_ms == {"PAUSED_BY_STAFF": ms(600), "BROWSING": ms(900)}


def test_nobody_idles_while_paused_by_staff_but_a_page_that_is_gone_does() -> None:
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100)
    desk.ticks(5_000)
    assert desk.now == ("paused", "PAUSED_BY_STAFF")

    desk.leaves_socket(5_000)
    desk.ticks(9_000)

    assert desk.ended == [("IDLE", 5_900)]
    assert desk.state.held_ms == ms(100)


def test_our_own_crash_in_a_pause_is_no_idling_of_the_learner() -> None:
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100)

    desk.do(OwnerLost(desk.at(2_000)))
    desk.ticks(2_800)

    assert (desk.now, desk.due) == (("paused", "PAUSED_BY_STAFF"), 2_900 - 60)  # the warning first
    desk.comes_back(2_801)
    assert desk.now == ("paused", "PAUSED_BY_STAFF")


def test_an_open_check_goes_on_and_its_pass_ends_in_the_pause() -> None:
    desk = Desk(draw=100).studies(0).watches(100)
    check = desk.pushed(101)
    is_paused(desk, 102)
    assert desk.now == ("challenged", None)

    desk.shown(103, check, 101)
    desk.verdict(110, check)

    assert desk.now == ("paused", "PAUSED_BY_STAFF")
    assert desk.lesson().counted_to_ms == ms(101)  # what was held is counted


def test_a_check_that_was_due_unseen_is_due_still_after_the_pause() -> None:
    """Rule 5, as after any pause."""
    desk = Desk(draw=100).studies(0).watches(100)
    assert desk.requested[-1] == "drawn"

    is_paused(desk, 100)
    is_resumed(desk, 130)
    desk.plays(131)
    desk.ticks(131)

    assert desk.requested == ["login", "drawn", "drawn"]


def test_the_login_check_of_a_suspended_class_ends_in_the_suspension() -> None:
    desk = Desk()
    desk.do(Suspended(desk.at(0), "city", "SAFETY"))

    desk.login(1)
    desk.opens(2)
    desk.plays(3)

    assert (desk.now, desk.refused) == (("paused", "SUSPENDED"), ["SUSPENDED"])
    desk.do(Readmitted(desk.at(10), "city"))
    desk.plays(11)
    assert desk.now == ("studying", None)


def test_a_suspension_outweighs_a_pause_and_each_ends_for_itself() -> None:
    desk = Desk().studies(0).watches(100)
    is_paused(desk, 100)

    desk.do(Suspended(desk.at(200), "city"))
    assert desk.now == ("paused", "SUSPENDED")
    desk.do(Readmitted(desk.at(300), "city"))
    assert desk.now == ("paused", "PAUSED_BY_STAFF")
    is_resumed(desk, 400)

    assert desk.now == ("browsing", None)
    assert desk.settled(400).not_counted_ms == {"PAUSED_BY_STAFF": ms(200), "SUSPENDED": ms(100)}


def test_who_is_second_is_told_so() -> None:
    desk = Desk().studies(0)
    is_paused(desk, 1)

    is_paused(desk, 2)
    is_resumed(desk, 3)
    is_resumed(desk, 4)

    assert desk.refused == ["NOT_NOW", "NOT_NOW"]


def test_nobody_can_be_paused_or_signed_out_who_is_not_there() -> None:
    desk = Desk()

    is_paused(desk, 1)
    desk.do(SignedOutByStaff(desk.at(2), "teacher"))

    assert desk.refused == ["NO_SESSION", "NO_SESSION"]


def test_a_hidden_page_stays_paused_when_staff_resumes() -> None:
    desk = Desk().studies(0).watches(50)
    is_paused(desk, 50)
    desk.do(Hidden(desk.at(60), ms(50), ALL))

    is_resumed(desk, 70)

    assert desk.now == ("paused", "PAGE_HIDDEN")


def test_another_lesson_may_be_opened_and_waits() -> None:
    desk = Desk(600, 600).studies(0).watches(50)
    is_paused(desk, 50)

    desk.opens(60, "L2")
    desk.do(Played(desk.at(61), 0, ALL))

    assert (desk.now, desk.state.lesson, desk.refused) == (("paused", "PAUSED_BY_STAFF"), "L2", ["PAUSED_BY_STAFF"])


def test_a_check_asked_for_during_the_pause_comes_when_the_learner_plays() -> None:
    desk = Desk().studies(0).watches(50)
    is_paused(desk, 50)
    desk.do(CheckAsked(desk.at(55), "proctor"))
    is_resumed(desk, 60)

    desk.plays(61)

    assert desk.requested == ["login", "asked"]


# ------------------------------------------------------------------ what the day tells


def test_a_wrong_face_and_a_false_one_are_flagged_and_counted_by_the_day() -> None:
    desk = Desk(draw=100).studies(0).watches(100)
    desk.fails(101, position=100)
    desk.offer(200, "s2")
    check = desk.pushed(200, "s2")
    desk.do(CheckFailed(desk.at(210), check, "SPOOF"))

    assert dict(desk.state.day.flags) == {"check_failures": 2, "wrong_face": 1, "spoof": 1}


def test_the_day_knows_what_of_its_time_was_not_counted() -> None:
    desk = Desk(draw=100).studies(0).watches(100)
    desk.pauses(100, 100)
    desk.plays(130)
    desk.fails(131, position=100)

    assert desk.state.day.not_counted_ms == ms(131)  # 100 s dropped, 30 s paused, 1 s at the check


def test_a_stretch_over_midnight_is_parted_between_its_days_also_where_a_segment_hides_the_midnight() -> None:
    start = (midnight_after(NINE) - NINE) / 1000 - 105
    desk = Desk(draw=800).studies(start).watches(start + 100)

    desk.ticks(start + 200)  # silent since five seconds before midnight

    assert desk.now == ("paused", "DISCONNECTED")
    assert desk.state.day.not_counted_ms == ms(10)
    desk.plays(start + 225)
    assert desk.state.day.not_counted_ms == ms(120)
