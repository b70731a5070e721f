"""What the page says of its video, and what of it counts: rules 2, 3, 10; rows 16 and 31; 2.2.2 c and d."""

import pytest
from msgspec.structs import replace

from classroom.attendance.events import (
    Blurred,
    CheckAsked,
    Focused,
    Hidden,
    LearnerLeft,
    Played,
    Raise,
    SeekBack,
    Shown,
)
from tests.attendance.desk import ALL, Desk, ms


def earned(desk: Desk, lesson: str = "L1") -> float:
    return desk.lesson(lesson).earned_to_ms / 1000


def reasons(desk: Desk, second: float) -> dict[str, float]:
    return {reason: spent / 1000 for reason, spent in desk.settled(second).not_counted_ms.items()}


# ------------------------------------------------------------------ rule 2


def test_earned_is_server_time_playback_and_delivery_whichever_is_least() -> None:
    """Rule 2: min(server time, playback, media delivered, what is left of the video, what is left of the cap)."""
    clock, playback, delivered, video = (Desk(8).studies(0, delivered=0) for _ in range(4))
    clock.beats(5, 6)
    playback.beats(5, 4)
    delivered.beats(5, 5, ms(3))
    video.beats(5, 5)
    video.beats(10, 8)

    assert [earned(desk) for desk in (clock, playback, delivered, video)] == [5, 4, 3, 8]


def test_the_minimum_is_taken_over_the_whole_segment_and_not_per_report() -> None:
    """Rule 2: ... else jitter eats seconds."""
    desk = Desk().studies(0)
    for second, position in ((5.4, 5), (9.6, 10), (15.5, 15), (20, 20)):
        desk.beats(second, position)

    assert earned(desk) == 20


def test_media_delivered_late_still_counts_for_the_segment() -> None:
    desk = Desk().studies(0, delivered=0)
    desk.beats(5, 5, ms(4))
    assert earned(desk) == 4

    desk.beats(10, 10, ms(12))

    assert earned(desk) == 10


def test_what_was_never_delivered_earns_nothing_and_says_so() -> None:
    """Rule 2: delivered means served to this session on an address signed for it."""
    desk = Desk().studies(0, delivered=0)
    for second in range(5, 61, 5):
        desk.beats(second, second, ms(8))
    desk.pauses(60, 60, ms(8))

    assert earned(desk) == 8
    assert reasons(desk, 60) == {"NOT_DELIVERED": 52}


@pytest.mark.parametrize("gap", [15, 15.001, 60])
def test_over_15_seconds_between_reports_closes_the_segment(gap: float) -> None:
    """Rule 2: over 15 s between reports closes the segment."""
    desk = Desk().studies(0)
    desk.beats(5, 5)

    desk.beats(5 + gap, 5 + gap)

    assert desk.now == ("paused", "DISCONNECTED")
    assert earned(desk) == 5
    assert reasons(desk, 5 + gap) == {"DISCONNECTED": gap}


def test_reports_15_seconds_apart_are_one_segment() -> None:
    desk = Desk().studies(0)

    desk.beats(14.999, 14.999)

    assert earned(desk) == 14.999


def test_watching_below_the_earned_point_earns_nothing() -> None:
    """Rule 2: watching below it earns nothing (REPEATED)."""
    desk = Desk().studies(0).watches(100)
    desk.plays(100, 50)
    desk.watches(120)
    assert earned(desk) == 100

    desk.watches(160)
    desk.pauses(160, 110)

    assert earned(desk) == 110
    assert reasons(desk, 160) == {"REPEATED": 50}


def test_going_back_while_it_runs_earns_nothing_until_the_earned_point() -> None:
    desk = Desk().studies(0).watches(100)

    desk.beats(105, 60)
    desk.watches(130)

    assert earned(desk) == 100
    desk.pauses(130, 85)
    assert reasons(desk, 130) == {"REPEATED": 25, "STALLED": 5}


def test_a_video_that_hangs_earns_what_it_played() -> None:
    desk = Desk().studies(0).watches(20)
    for second in range(25, 41, 5):
        desk.beats(second, 20)
    desk.beats(45, 25)  # it moves again: behind the clock by 20 s, so the segment begins anew
    desk.watches(60)
    desk.pauses(60, 40)

    assert earned(desk) == 40
    assert reasons(desk, 60) == {"STALLED": 20}


def test_time_lost_to_a_hang_cannot_be_made_up_by_playing_faster() -> None:
    desk = Desk().studies(0).watches(20)
    for second in range(25, 41, 5):
        desk.beats(second, 20)
    desk.beats(45, 25)

    desk.beats(50, 45)

    assert earned(desk) == 25
    assert SeekBack(ms(25), "AHEAD") in desk.effects


@pytest.mark.parametrize("rate", [1.5, 2, 15])
def test_playing_faster_earns_nothing_and_sends_the_page_back(rate: float) -> None:
    """Row 16, 2.1.2: no fast-forward; rate 1.0."""
    desk = Desk().studies(0).watches(20)

    desk.watches(25, rate=rate)

    assert earned(desk) == 20
    assert desk.found(SeekBack) == [SeekBack(ms(20), "AHEAD")]
    assert Raise("progress_ahead") in desk.effects
    assert reasons(desk, 25) == {"AHEAD": 5}


def test_playing_a_little_faster_is_held_to_the_clock() -> None:
    desk = Desk().studies(0)

    desk.watches(100, rate=1.2)

    assert earned(desk) == 100


def test_beginning_ahead_of_the_earned_point_is_sent_back() -> None:
    """Row 16: no dragging; the bar's limit and the resume point are earned_to."""
    desk = Desk().login(0)
    desk.opens(0)

    desk.plays(1, 30)

    assert desk.found(SeekBack) == [SeekBack(0, "AHEAD")]
    assert Raise("seek") in desk.effects
    assert desk.state.segment is None


def test_a_last_position_that_cannot_have_been_reached_is_not_believed() -> None:
    desk = Desk().studies(0).watches(10)

    desk.pauses(12, 100)

    assert earned(desk) == 10


def test_a_lesson_that_was_covered_ends_in_browsing_at_its_end() -> None:
    desk = Desk(100, 2_700, draw=60).studies(0).watches(60)
    desk.passes(60, position=60)
    desk.plays(60)
    desk.watches(105)

    assert desk.now == ("browsing", None)
    assert earned(desk) == 100
    assert desk.state.held_ms == 40_000


@pytest.mark.parametrize("how", ["no session", "login check", "no lesson", "challenged", "slot", "busy"])
def test_play_is_refused_where_nothing_could_be_earned(how: str) -> None:
    desk = Desk(draw=60)
    if how != "no session":
        desk.offer(0)
    if how not in ("no session", "login check"):
        desk.passes(0)
    if how in ("challenged", "slot", "busy"):
        desk.opens(0)
        desk.plays(0)
        desk.watches(60)
    if how == "challenged":
        desk.pushed(60)
    if how == "busy":
        desk.busy(60)

    desk.plays(61)

    expected = {"no session": "NO_SESSION", "no lesson": "NO_LESSON", "busy": "BUSY"}
    assert desk.refused == [expected.get(how, "CHECK_OPEN")]


@pytest.mark.parametrize("reason", ["PAUSED_BY_STAFF", "SUSPENDED"])
def test_play_is_refused_while_a_person_has_paused_the_learner(reason: str) -> None:
    desk = Desk().studies(0).watches(10)
    desk.pauses(10, 10)
    desk.ledger.state = replace(desk.state, reason=reason, barred=(reason,))

    desk.plays(11)

    assert desk.refused == [reason]


# ------------------------------------------------------------------ rule 3


def test_at_900_held_seconds_nothing_is_earned_until_a_check_counts() -> None:
    """Rule 3: held is never over 900 s."""
    desk = Desk(draw=815, held_most_ms=300_000).studies(0).watches(400)

    assert earned(desk) == 300
    desk.beats(405, 405)
    desk.pauses(405, 405)
    assert reasons(desk, 405) == {"AWAITING_CHECK": 105}
    assert desk.state.held_ms == 300_000


# ------------------------------------------------------------------ row 31, blur


def test_hidden_pauses_at_once() -> None:
    """Row 31: minimised or switched away pauses."""
    desk = Desk().studies(0).watches(10)

    desk.do(Hidden(desk.at(12), ms(12), ALL))
    desk.beats(20, 20)

    assert desk.now == ("paused", "PAGE_HIDDEN")
    assert earned(desk) == 12
    assert reasons(desk, 20) == {"PAGE_HIDDEN": 8}


def test_a_seek_back_within_what_was_just_earned_is_no_jump() -> None:
    """The bar's limit is earned_to, the running stretch included."""
    desk = Desk().studies(0).watches(100)

    desk.plays(101, 99)

    assert desk.found(SeekBack) == []
    assert desk.now == ("studying", None)


def test_a_page_that_is_seen_again_stays_paused_until_the_learner_plays() -> None:
    desk = Desk().studies(0).watches(10)
    desk.do(Hidden(desk.at(10), ms(10), ALL))

    desk.do(Shown(desk.at(20)))
    desk.do(Shown(desk.at(21)))

    assert desk.now == ("paused", "PAGE_HIDDEN")
    assert not desk.state.hidden
    desk.plays(30)
    assert desk.now == ("studying", None)


def test_a_page_hidden_while_it_waits_for_a_slot_gives_the_slot_up() -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    desk.busy(60)

    desk.do(Hidden(desk.at(65), ms(60), ALL))

    assert desk.now == ("paused", "PAGE_HIDDEN")
    desk.pushed(66)
    assert desk.refused == ["NOT_DUE"]


def test_hidden_without_a_session_is_nothing() -> None:
    desk = Desk()
    desk.do(Hidden(desk.at(1), 0, 0))

    assert not desk.state.hidden


def test_blur_pauses_after_a_second_and_a_half_which_do_not_count() -> None:
    """Window blur pauses after 1.5 s (those seconds are not counted)."""
    desk = Desk().studies(0).watches(10)
    desk.do(Blurred(desk.at(12), ms(12), ALL))
    assert desk.due == 13.5

    desk.beats(15, 15)

    assert desk.now == ("paused", "FOCUS_LOST")
    assert earned(desk) == 12
    assert reasons(desk, 15) == {"FOCUS_LOST": 3}


@pytest.mark.parametrize("tick", [13.5, 40, 800])
def test_blur_is_dated_when_it_was_due_however_late_the_alarm(tick: float) -> None:
    desk = Desk().studies(0).watches(10)
    desk.do(Blurred(desk.at(12), ms(12), ALL))

    desk.ticks(tick)

    assert desk.now == ("paused", "FOCUS_LOST")
    assert reasons(desk, tick) == {"FOCUS_LOST": tick - 12}


def test_focus_that_comes_back_earlier_costs_nothing() -> None:
    desk = Desk().studies(0).watches(10)
    desk.do(Blurred(desk.at(12), ms(12), ALL))
    desk.do(Blurred(desk.at(12.5), ms(12.5), ALL))
    desk.beats(13, 13)

    desk.do(Focused(desk.at(13.4)))
    desk.do(Focused(desk.at(13.5)))
    desk.beats(20, 20)

    assert earned(desk) == 20
    assert desk.now == ("studying", None)


def test_signing_out_while_the_window_is_blurred_leaves_those_seconds_out() -> None:
    desk = Desk().studies(0).watches(10)
    desk.do(Blurred(desk.at(11), ms(11), ALL))

    desk.do(LearnerLeft(desk.at(12), ms(12), ALL))

    assert (desk.state.held_ms, reasons(desk, 12)) == (11_000, {"FOCUS_LOST": 1})


def test_blur_during_a_check_is_nothing() -> None:
    """Not during a check: the camera's permission prompt is a blur."""
    desk = Desk(draw=60).studies(0).watches(60)
    desk.shown(60, desk.pushed(60), 60)

    desk.do(Blurred(desk.at(61), ms(60), ALL))

    assert desk.state.blurred_at is None
    assert desk.now == ("challenged", None)


def test_where_a_setting_says_so_blur_is_only_flagged() -> None:
    """Row 29 is a table: where no row decides, a setting chooses another reaction."""
    desk = Desk(reactions=(("window_blurred", "flag"),)).studies(0).watches(10)

    desk.do(Blurred(desk.at(12), ms(12), ALL))
    desk.watches(30)

    assert earned(desk) == 30
    assert Raise("window_switching") in desk.effects


# ------------------------------------------------------------------ rule 10: the cap of a day


def test_at_the_cap_earned_stands_still_and_nothing_is_pushed() -> None:
    """Rule 10, 2.2.2 d: the part over the cap; at the cap earned_to stands still and nothing is pushed."""
    desk = Desk(daily_cap_ms=120_000, draw=815).studies(0)

    desk.watches(2_000)

    assert earned(desk) == 120
    assert desk.requested == ["login"]
    assert desk.now == ("studying", None)
    desk.pauses(2_000, 2_000)
    assert reasons(desk, 2_000) == {"DAILY_LIMIT": 1_880}


def test_what_other_classes_used_is_part_of_the_days_cap() -> None:
    desk = Desk(daily_cap_ms=120_000).studies(0, used=100).watches(60)

    assert earned(desk) == 20
    assert desk.state.used_today_ms == 120_000


def test_watching_on_at_the_cap_is_no_jump() -> None:
    """Reaching the cap stops accruing and allows watching."""
    desk = Desk(daily_cap_ms=60_000).studies(0).watches(200)
    for second in (205, 210, 215):
        desk.beats(second, 200)  # it hangs

    for second in (220, 225, 230):
        desk.beats(second, second - 15)

    assert desk.found(SeekBack) == []
    assert earned(desk) == 60


def test_who_logs_in_at_the_cap_may_watch_and_earns_nothing() -> None:
    desk = Desk(daily_cap_ms=60_000).login(0, used=60)
    desk.opens(0)
    desk.plays(0)

    desk.watches(1_500)

    assert earned(desk) == 0
    assert desk.requested == ["login"]


def test_at_the_cap_nothing_is_pushed_after_a_long_pause_either() -> None:
    desk = Desk(daily_cap_ms=60_000, draw=800).studies(0).watches(100)
    desk.pauses(100, 100)

    desk.plays(950, 60)
    desk.watches(970)

    assert desk.requested == ["login"]
    assert desk.now == ("studying", None)


def test_a_proctor_who_asks_at_the_cap_is_answered_when_something_can_be_earned_again() -> None:
    """Rule 10: at the cap nothing is pushed."""
    midnight = 15 * 3600
    desk = Desk(daily_cap_ms=60_000, draw=800).login(midnight - 200)
    desk.opens(midnight - 200)
    desk.plays(midnight - 200)
    desk.watches(midnight - 100)
    desk.do(CheckAsked(desk.at(midnight - 100), "proctor"))
    assert desk.requested == ["login"]
    for second in range(midnight - 95, midnight + 10, 5):
        desk.beats(second, 60)

    assert desk.requested == ["login", "asked"]
    assert earned(desk) == 60


def test_each_second_uses_the_cap_of_the_day_on_which_it_was_watched() -> None:
    """Rule 10: Held uses the cap of the day (Asia/Shanghai) on which it was watched."""
    midnight = 15 * 3600
    desk = Desk(daily_cap_ms=60_000, draw=800).login(midnight - 42.5)
    desk.opens(midnight - 42.5)
    desk.plays(midnight - 42.5)

    desk.watches(midnight + 30)

    assert [(one.day - desk.state.day.number, one.ms) for one in desk.settled(0).state.held] == [
        (-1, 42_500),
        (0, 30_000),
    ]
    assert desk.settled(0).state.used_today_ms == 30_000
    assert earned(desk) == 72.5


def test_a_drop_after_midnight_gives_back_what_each_day_held() -> None:
    midnight = 15 * 3600
    desk = Desk(daily_cap_ms=60_000, draw=75).login(midnight - 40)
    desk.opens(midnight - 40)
    desk.plays(midnight - 40)
    desk.watches(midnight + 35)
    desk.fails(midnight + 35, position=75)

    assert (desk.state.used_today_ms, earned(desk)) == (0, 0)


def test_a_report_that_is_late_at_midnight_breaks_nothing() -> None:
    midnight = 15 * 3600
    desk = Desk(draw=800).login(midnight - 20)
    desk.opens(midnight - 20)
    desk.plays(midnight - 20)
    desk.beats(midnight - 10, 10)
    desk.beats(midnight - 0.1, 19.9)

    desk.beats(midnight + 14, 34)
    desk.beats(midnight + 20, 40)

    assert desk.now == ("studying", None)
    assert earned(desk) == 40


def test_a_new_day_at_the_cap_begins_at_the_earned_point() -> None:
    """In order: what was watched beyond the cap isn't earned by watching on from there."""
    midnight = 15 * 3600
    desk = Desk(daily_cap_ms=60_000, draw=800).login(midnight - 200)
    desk.opens(midnight - 200)
    desk.plays(midnight - 200)

    desk.watches(midnight + 5)

    assert desk.found(SeekBack) == [SeekBack(ms(60), "AHEAD")]
    assert desk.found(Raise) == []
    assert earned(desk) == 60
    desk.plays(midnight + 10, 60)
    desk.watches(midnight + 20)
    assert earned(desk) == 70


def test_after_a_long_time_at_the_cap_the_new_day_begins_with_a_check() -> None:
    """Property of rule 5: after a longer pause nothing is earned before a pass."""
    midnight = 15 * 3600
    desk = Desk(daily_cap_ms=1_000).login(midnight - 1_000)
    desk.opens(midnight - 1_000)
    desk.plays(midnight - 1_000)
    for second in range(midnight - 995, midnight + 8, 5):
        desk.beats(second, min(1.9, second - midnight + 1_000), touched=second)
    desk.beats(midnight + 9, 10.9)

    assert desk.requested == ["login", "resume"]
    assert earned(desk) == 1


def test_a_push_at_midnight_settles_on_the_day_of_each_second() -> None:
    midnight = 15 * 3600
    desk = Desk(draw=60).login(midnight - 58)
    desk.opens(midnight - 58)
    desk.plays(midnight - 58)
    desk.watches(midnight - 3)
    desk.ticks(midnight + 2)
    check = desk.pushed(midnight + 2)

    desk.shown(midnight + 3, check, 61)

    assert [one.ms for one in desk.state.held] == [58_000, 2_000]
    assert desk.now == ("challenged", None)


def test_a_push_before_midnight_that_is_shown_after_it_stays_on_its_day() -> None:
    midnight = 15 * 3600
    desk = Desk(draw=60).login(midnight - 61)
    desk.opens(midnight - 61)
    desk.plays(midnight - 61)
    desk.watches(midnight - 1)
    check = desk.pushed(midnight - 1)

    desk.shown(midnight + 3, check, 64)

    assert [one.ms for one in desk.state.held] == [60_000]


def test_what_the_page_reports_without_a_session_or_a_video_is_nothing() -> None:
    desk = Desk()
    desk.beats(1, 5)
    desk.login(2)
    desk.beats(3, 5)

    assert earned(desk) == 0
    assert desk.do(Played(desk.at(4), 0, 0)) != []
    assert desk.refused == ["NO_LESSON"]
