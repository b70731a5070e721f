"""Where an action begins, ends and is none: each bound from both sides."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.verify.stage import FRONT, made
from verify.actions import AT_REST, Detector, Made, Neutral, neutral_of, strengths
from verify.measures import Face
from verify.vocabulary import Action

TURN_LEFT, TURN_RIGHT, NOD, OPEN_MOUTH, CLOSE_EYES = Action
REST = neutral_of([FRONT])


def moved(**by: float) -> Face:
    return replace(FRONT, **{name: getattr(FRONT, name) + amount for name, amount in by.items()})


def actions(expected: Action | None, frames: list[Face], frame_ms: int = 100) -> set[Action]:
    detector = Detector(REST, expected)
    return {made.action for n, face in enumerate(frames) for made in detector.see(n * frame_ms, face)}


FULL_AND_SHORT = [
    (TURN_LEFT, moved(yaw=20.1, nose_side=0.27), moved(yaw=19.9, nose_side=0.40)),
    (TURN_LEFT, moved(yaw=20.1, nose_side=0.27), moved(yaw=40.0, nose_side=0.25)),
    (TURN_RIGHT, moved(yaw=-20.1, nose_side=-0.27), moved(yaw=-19.9, nose_side=-0.40)),
    (TURN_RIGHT, moved(yaw=-20.1, nose_side=-0.27), moved(yaw=-40.0, nose_side=-0.25)),
    (NOD, moved(pitch=12.1, nose_drop=0.15), moved(pitch=11.9, nose_drop=0.30)),
    (NOD, moved(pitch=12.1, nose_drop=0.15), moved(pitch=30.0, nose_drop=0.13)),
    (OPEN_MOUTH, moved(mouth_gap=0.101), moved(mouth_gap=0.099)),
    (CLOSE_EYES, moved(eye_opening=-0.031), moved(eye_opening=-0.029)),
]


@pytest.mark.parametrize(("action", "full", "short"), FULL_AND_SHORT)
def test_an_action_is_made_from_its_bound_on(action: Action, full: Face, short: Face) -> None:
    assert strengths(full, REST)[action] >= 1 > strengths(short, REST)[action]
    assert actions(action, [FRONT, *[full] * 8, FRONT]) == {action}
    assert actions(action, [FRONT, *[short] * 8, FRONT]) == set()


@pytest.mark.parametrize("action", Action)
def test_the_opposite_way_is_not_the_action(action: Action) -> None:
    backwards = {
        TURN_LEFT: moved(yaw=-30, nose_side=-0.4),
        TURN_RIGHT: moved(yaw=30, nose_side=0.4),
        NOD: moved(pitch=-20, nose_drop=-0.25),
        OPEN_MOUTH: moved(mouth_gap=-0.003),
        CLOSE_EYES: moved(eye_opening=0.03),
    }

    assert strengths(backwards[action], REST)[action] <= 0


@pytest.mark.parametrize(
    ("action", "frames", "asked", "unasked"),
    [(TURN_LEFT, 1, False, False), (TURN_LEFT, 2, True, False), (TURN_LEFT, 3, True, False), (TURN_LEFT, 4, True, True),
     (OPEN_MOUTH, 1, False, False), (OPEN_MOUTH, 2, True, False), (OPEN_MOUTH, 4, True, True),
     (CLOSE_EYES, 6, False, False), (CLOSE_EYES, 7, True, True),
     (NOD, 1, False, False), (NOD, 2, True, True), (NOD, 24, True, True), (NOD, 26, False, False)],
)  # fmt: skip
def test_how_long_an_action_lasts(action: Action, frames: int, *, asked: bool, unasked: bool) -> None:
    """What wasn't asked must be meant before it costs anything; a nod is down for at most two seconds and a half."""
    shown = [FRONT, *[made(action, 1.0)] * frames, FRONT]

    assert actions(action, shown) == ({action} if asked else set())
    assert actions(None, shown) == ({action} if unasked else set())


def test_noise_does_not_interrupt_a_hold_and_half_does() -> None:
    def flickering(low: float) -> list[Face]:
        return [FRONT, *[moved(eye_opening=-0.030 * share) for share in (1.05, low)] * 5, FRONT]

    assert actions(CLOSE_EYES, flickering(0.85)) == {CLOSE_EYES}
    assert actions(CLOSE_EYES, flickering(0.70)) == set()


def test_lids_are_not_read_on_a_bowed_or_turned_head() -> None:
    """Who looks down shows the lids; that is no closing of eyes."""
    bowed = [replace(made(NOD, 0.9), eye_opening=0.01)] * 10
    turned = [replace(made(TURN_LEFT, 0.9), eye_opening=0.01)] * 10

    assert actions(NOD, [FRONT, *bowed, FRONT]) == {NOD}
    assert actions(TURN_LEFT, [FRONT, *turned, FRONT]) == {TURN_LEFT}


def test_pitch_is_not_read_on_a_turned_head() -> None:
    turned = [replace(made(TURN_LEFT, 0.9), pitch=FRONT.pitch + 15, nose_drop=FRONT.nose_drop + 0.2)] * 6

    assert actions(TURN_LEFT, [FRONT, *turned, FRONT]) == {TURN_LEFT}


def test_frames_that_are_missing_hold_nothing() -> None:
    shown = [FRONT, *[made(CLOSE_EYES, 1.0)] * 8]

    assert actions(CLOSE_EYES, shown, frame_ms=400) == {CLOSE_EYES}
    assert actions(CLOSE_EYES, shown, frame_ms=401) == set()


def test_rest_begins_with_the_first_frame_at_rest_and_ends_with_any_movement() -> None:
    detector = Detector(REST, None)
    almost = moved(yaw=20 * AT_REST - 0.1, nose_side=0.5)

    since: list[int | None] = []
    for at_ms, face in ((0, FRONT), (100, almost), (200, made(OPEN_MOUTH, 0.5)), (300, FRONT), (800, FRONT)):
        detector.see(at_ms, face)
        since.append(detector.rest_since_ms)

    assert since == [0, 0, None, 300, 800]


def test_the_onset_is_where_half_the_strength_was_reached() -> None:
    detector = Detector(REST, TURN_LEFT)
    shown: list[tuple[int, float]] = [(0, 0.1), (100, 0.5), (200, 0.9), (300, 1.0), (400, 1.0)]

    assert [detector.see(at_ms, made(TURN_LEFT, share)) for at_ms, share in shown][3:] == [[Made(TURN_LEFT, 100)]] * 2


@pytest.mark.parametrize("measure", ["yaw", "pitch", "nose_side", "nose_drop", "eye_opening", "mouth_gap"])
def test_neutral_is_the_median_so_a_blink_does_not_shift_it(measure: str) -> None:
    value: Callable[[Neutral], float] = lambda neutral: getattr(neutral, measure)  # noqa: E731
    odd = moved(**{measure: 30.0})

    assert value(neutral_of([FRONT, odd, FRONT])) == getattr(FRONT, measure)
    assert value(neutral_of([FRONT, odd, odd])) == getattr(odd, measure)
