"""The load client's page does what an honest page and its learner do."""

import pytest

from realtime import protocol as p
from tests.load_tests.conftest import Talk


def check(**changed: object) -> p.CheckView:
    plain = {"check_id": "c", "kind": "drawn", "deadline_ms": None, "ready_at_ms": 0, "tries_left": 3}
    return p.CheckView(**(plain | {"total_steps": 3, "acknowledged": False} | changed))  # type: ignore[arg-type]


def test_whoever_has_no_session_begins_one(talk: Talk) -> None:
    talk.page.connected(0.0)
    assert talk.said() == [p.Hello(p.VERSION, "class")]
    talk.say(talk.view(session_id=None))
    assert talk.wait(p.Begin) == p.Begin()


def test_the_stopwatch_shows_what_was_shown_and_no_more_than_was_buffered(talk: Talk) -> None:
    talk.study()
    began = talk.now
    talk.page.video.buffered_ms = 0
    talk.page.video.stop(talk.now)
    talk.page.video.start(0, talk.now)
    assert talk.page.video.shown_ms(began + 10) == 0
    talk.page.buffered(4_000, began + 10)
    assert talk.page.video.shown_ms(began + 30) == pytest.approx(4_000)


def test_a_check_stops_the_video_and_is_answered_with_the_camera(talk: Talk) -> None:
    talk.study()
    talk.now += 10
    said = talk.say(p.CheckPushed(0, check()))
    position = talk.page.video.position_ms(talk.now)
    assert said == [p.CheckAck(check_id="c", position_ms=position)]
    assert not talk.page.video.running
    offer = talk.wait(p.CheckOffer)
    assert isinstance(offer, p.CheckOffer)
    assert offer.sdp.startswith("passes:")
    talk.say(p.CheckEnded(0, "c", "drawn", "passed", None, 0))
    talk.say(talk.view(phase="studying", lesson_id="l", lessons=[p.LessonView("l", "", 60_000, 0, position, 0, False)]))
    assert talk.wait(p.Play) == p.Play(position_ms=position)
    assert talk.page.told.checks == [("drawn", "passed")]


def test_heartbeats_go_on_and_their_answers_are_timed(talk: Talk) -> None:
    talk.study()
    talk.page.told.trips.clear()
    beat = talk.wait(p.Beat)
    assert isinstance(beat, p.Beat)
    assert beat.playing
    talk.now += 0.25
    talk.say(p.Beaten(0, 0, beat.position_ms, p.Times(0, 0, 0, {}), 0, 0, None))
    assert [(trip.what, round(trip.seconds, 3)) for trip in talk.page.told.trips] == [("beat", 0.25)]
    assert talk.page.earned_ms == {"l": beat.position_ms}


def test_a_line_that_breaks_stops_the_video_and_the_page_comes_back_as_the_same_tab(talk: Talk) -> None:
    talk.study()
    talk.now += 7
    talk.page.lost(None, talk.now)
    talk.now += 100
    assert talk.page.video.shown_ms(talk.now) == pytest.approx(7_000, abs=50)
    talk.page.connected(talk.now)
    assert talk.said() == [p.Hello(p.VERSION, "class", seat_token="token", stream="stream", last_seq=talk._seq)]
    talk.say(p.Welcome(1, 0, "token", 5_000, 60_000, 1_500, [], "stream", talk._seq))
    talk.say(talk.view(phase="paused", reason="DISCONNECTED", lesson_id="l"))
    talk.wait(p.Play)
    talk.say(talk.view(phase="studying", lesson_id="l"))
    assert isinstance(talk.wait(p.Beat, within_s=5), p.Beat)


def test_the_end_of_the_video_is_said_at_once(talk: Talk) -> None:
    talk.study()
    beats = []
    while not beats or beats[-1].position_ms < 60_000:
        beat = talk.wait(p.Beat)
        assert isinstance(beat, p.Beat)
        beats.append(beat)
    assert not beats[-1].playing
    assert talk.page.video.shown_ms(talk.now) == pytest.approx(60_000, abs=1)


def test_a_page_whose_learner_goes_on_elsewhere_is_over_and_one_that_takes_over_is_not(talk: Talk) -> None:
    talk.study()
    talk.say(talk.view(here=False, elsewhere=True, session_id="t"))
    assert talk.page.over == "TAKEN_OVER"
    other = Talk()
    other.page._takes_over = True
    other.page.connected(0.0)
    other.say(other.view(here=False, elsewhere=True))
    other.wait(p.Begin)
    assert other.page.over is None


def test_whoever_leaves_signs_out_but_not_out_of_a_check(talk: Talk) -> None:
    talk.study()
    talk.say(p.CheckPushed(0, check()))
    talk.say(talk.view(phase="challenged", check=check(acknowledged=True), lesson_id="l"))
    talk.page.sign_out(talk.now)
    assert isinstance(talk.wait(p.CheckOffer), p.CheckOffer)
    talk.say(p.CheckEnded(0, "c", "drawn", "passed", None, 0))
    talk.say(talk.view(phase="studying", lesson_id="l"))
    assert isinstance(talk.wait(p.SignOut), p.SignOut)
    talk.say(talk.view(phase="signed_out", here=False, session_id=None))
    talk.now = talk.page.due_at
    talk.page.wake(talk.now)
    assert talk.page.over == "signed out"


def test_whoever_goes_on_elsewhere_walks_away_from_no_check_and_leaves_the_video_still(talk: Talk) -> None:
    talk.study()
    talk.say(p.CheckPushed(0, check()))
    assert not talk.page.step_aside(talk.now)
    talk.say(p.CheckEnded(0, "c", "drawn", "passed", None, 0))
    talk.say(talk.view(phase="studying", lesson_id="l"))
    assert isinstance(talk.wait(p.Play), p.Play)
    assert talk.page.step_aside(talk.now)
    assert any(isinstance(message, p.Pause) for message in talk.said())
    talk.say(talk.view(phase="paused", lesson_id="l"))
    with pytest.raises(AssertionError, match="no Play"):
        talk.wait(p.Play, within_s=600)
