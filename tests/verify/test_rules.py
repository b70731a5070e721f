"""The pure verdict over synthetic series."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verify.stage import FRONT, Performer, made, perform, plan, swing
from verify.measures import Face, Sample
from verify.rules import Judge
from verify.verdict import Began, Hindered, Prompted, StepDone, TryLost, Verdict
from verify.vocabulary import Action, Reason

TURN_LEFT, TURN_RIGHT, NOD, OPEN_MOUTH, CLOSE_EYES = Action
SCRIPT = (TURN_LEFT, OPEN_MOUTH, CLOSE_EYES)
PASS = Verdict(passed=True, reason=None, missed=False, score=None)


def fail(reason: Reason, *, missed: bool = False, score: float | None = None) -> Verdict:
    return Verdict(passed=False, reason=reason, missed=missed, score=score)


def nothing(action: Action) -> list[Face]:
    return []


def always(action: Action) -> "Performer":
    return Performer(does=lambda _: swing(action))


# what passes


@pytest.mark.parametrize("script", list(permutations(Action, 3)), ids=lambda script: "-".join(script))
def test_honest_learner_passes_every_script(script: tuple[Action, ...]) -> None:
    assert perform(plan(script), Performer()).verdict == PASS


def test_steps_are_prompted_one_by_one_in_the_order_asked() -> None:
    heard = perform(plan(SCRIPT), Performer())

    assert heard.outputs == [
        Began(),
        Prompted(1, 0, 3, TURN_LEFT),
        StepDone(1, 0),
        Prompted(1, 1, 3, OPEN_MOUTH),
        StepDone(1, 1),
        Prompted(1, 2, 3, CLOSE_EYES),
        StepDone(1, 2),
        PASS,
    ]


@pytest.mark.parametrize("gap_ms", [0, 500])
def test_half_the_frames_are_enough_for_the_honest(gap_ms: int) -> None:
    def every_other(action: Action) -> list[Face]:
        return swing(action)[::2]

    heard = perform(plan(SCRIPT, gap_ms=gap_ms), Performer(does=every_other, reaction_frames=2), frame_ms=200)

    assert heard.verdict == PASS


def test_blinks_and_small_movements_disturb_nothing() -> None:
    class Lively(Performer):
        def next(self, at_ms: int) -> Sample:
            sample = super().next(at_ms)
            face = sample.face
            if face == FRONT and at_ms % 1_300 < 200:
                face = replace(FRONT, eye_opening=0.004)
            elif face == FRONT:
                wobble = (at_ms // 100) % 3 - 1
                face = replace(FRONT, yaw=FRONT.yaw + 2 * wobble, pitch=FRONT.pitch - 2 * wobble)
            return replace(sample, face=face)

    for script in permutations(Action, 3):
        assert perform(plan(script), Lively()).verdict == PASS, script


def from_there(action: Action, **by: float) -> list[Face]:
    """Return an action made from another rest than the first."""
    return [replace(f, **{name: getattr(f, name) + amount for name, amount in by.items()}) for f in swing(action, 0.8)]


def test_a_head_that_comes_back_elsewhere_is_measured_from_there() -> None:
    drift = {"yaw": 9.0, "nose_side": 0.12}

    class Drifting(Performer):
        def prompted(self, prompt: Prompted) -> None:
            super().prompted(prompt)
            self.rest = replace(FRONT, yaw=FRONT.yaw + 9, nose_side=FRONT.nose_side + 0.12)
            if prompt.index == 1:
                self._queue = [self.rest] * 4 + from_there(TURN_RIGHT, **drift)

    assert perform(plan((OPEN_MOUTH, TURN_RIGHT)), Drifting()).verdict == PASS


def test_a_new_posture_held_for_a_second_is_the_new_neutral() -> None:
    bowed = {"pitch": 14.0, "nose_drop": 0.18}

    class Settling(Performer):
        def prompted(self, prompt: Prompted) -> None:
            super().prompted(prompt)
            if prompt.index == 0:
                self._queue += [FRONT] * 4
                self.rest = replace(FRONT, pitch=FRONT.pitch + 14, nose_drop=FRONT.nose_drop + 0.18)
            else:
                self._queue = [self.rest] * 4 + from_there(NOD, **bowed)

    assert perform(plan((OPEN_MOUTH, NOD)), Settling()).verdict == PASS


# prompts


def test_no_prompt_comes_before_the_learner_had_time_to_get_ready() -> None:
    heard = perform(plan(SCRIPT, ready_ms=5_000), Performer())

    assert heard.at(Prompted)[0] == 1_005_000


@pytest.mark.parametrize("gap_ms", [500, 1_200, 2_000])
def test_the_gap_before_a_prompt_is_the_scripts(gap_ms: int) -> None:
    heard = perform(plan(SCRIPT, gap_ms=gap_ms), Performer())

    assert heard.at(Prompted)[1] - heard.at(StepDone)[0] == gap_ms


def test_a_prompt_waits_for_a_face_at_rest() -> None:
    halfway = made(TURN_LEFT, 0.4)
    performer = Performer(rest=FRONT, does=lambda action: [*swing(action), *[FRONT] * 4, *[halfway] * 8])

    heard = perform(plan((OPEN_MOUTH, CLOSE_EYES)), performer)

    assert heard.at(Prompted)[1] - heard.at(StepDone)[0] > 500 + 300


def test_a_prompt_needs_a_moment_of_rest_however_short_the_gap() -> None:
    heard = perform(plan((OPEN_MOUTH, CLOSE_EYES), gap_ms=0), Performer())

    assert heard.at(Prompted)[1] - heard.at(StepDone)[0] == 400


def test_no_prompt_comes_while_the_head_is_aside() -> None:
    """Identity is judged on frames within 20 degrees, so a rest beyond them is none."""
    aside = replace(FRONT, yaw=16, nose_side=0.70)

    class Leaving(Performer):
        def next(self, at_ms: int) -> Sample:
            return Sample(at_ms, 1, replace(aside, yaw=22, nose_side=0.78) if at_ms > 1_001_200 else aside)

    heard = perform(plan(SCRIPT, ready_ms=2_000), Leaving(), until_ms=10_000)

    assert heard.outputs == [Began(), Hindered(Reason.NOT_FRONTAL)]


# wrong actions


@pytest.mark.parametrize(("asked", "done"), [(a, b) for a in Action for b in Action if a is not b])
def test_a_wrong_action_costs_a_try(asked: Action, done: Action) -> None:
    assert perform(plan((asked,)), always(done)).of(TryLost) == [TryLost(Reason.WRONG_ACTION, 0)]


@pytest.mark.parametrize("action", Action)
def test_an_action_before_its_prompt_costs_a_try(action: Action) -> None:
    class Hasty(Performer):
        def prompted(self, prompt: Prompted) -> None:
            super().prompted(prompt)
            self._queue += [FRONT] * 4 + swing(action)  # into the next gap

    heard = perform(plan((OPEN_MOUTH, action), gap_ms=2_500), Hasty())

    assert heard.of(TryLost) == [TryLost(Reason.WRONG_ACTION, 0)]
    assert len(heard.of(Prompted)) == 1


@pytest.mark.parametrize("action", Action)
def test_an_action_sooner_than_anyone_reads_was_made_before_its_prompt(action: Action) -> None:
    assert perform(plan((action,)), Performer(reaction_frames=0)).verdict == fail(Reason.WRONG_ACTION)
    assert perform(plan((action,)), Performer(reaction_frames=3)).verdict == PASS


def test_everything_at_once_is_not_what_was_asked() -> None:
    """A recording of all movements together must not fit every script."""

    def all_at_once(action: Action) -> list[Face]:
        return [replace(face, eye_opening=0.004) for face in swing(OPEN_MOUTH)]

    assert perform(plan((OPEN_MOUTH,)), Performer(does=all_at_once)).verdict == fail(Reason.WRONG_ACTION)


def test_the_other_side_straight_after_costs_a_try() -> None:
    def both(action: Action) -> list[Face]:
        return swing(TURN_LEFT)[:-2] + swing(TURN_RIGHT)

    assert perform(plan((TURN_LEFT,)), Performer(does=both)).verdict == fail(Reason.WRONG_ACTION)


# actions that are none


@pytest.mark.parametrize("action", Action)
def test_half_an_action_is_none(action: Action) -> None:
    heard = perform(plan((action,)), Performer(does=lambda a: swing(a, full=0.5)))

    assert heard.verdict == fail(Reason.TOO_LATE)


def test_a_blink_is_not_closed_eyes() -> None:
    def blink(action: Action) -> list[Face]:
        return [made(action, 1.0)] * 4

    assert perform(plan((CLOSE_EYES,)), Performer(does=blink)).verdict == fail(Reason.TOO_LATE)


def test_closed_eyes_are_not_held_over_missing_frames() -> None:
    def flicker(action: Action) -> list[Face | None]:
        return [made(action, 1.0)] * 4 + [None] * 5 + [made(action, 1.0)] * 4

    assert perform(plan((CLOSE_EYES,)), Performer(does=flicker)).verdict == fail(Reason.TOO_LATE)


@pytest.mark.parametrize("action", [TURN_LEFT, TURN_RIGHT, NOD])
def test_a_tilted_photo_turns_without_its_nose(action: Action) -> None:
    """The angles alone, as a flat picture that is tilted gives them, are no turn and no nod."""

    def flat(asked: Action) -> list[Face]:
        return [replace(f, nose_side=FRONT.nose_side, nose_drop=FRONT.nose_drop) for f in swing(asked)]

    assert perform(plan((action,)), Performer(does=flat)).verdict == fail(Reason.TOO_LATE)


@pytest.mark.parametrize(("breadth", "reason"), [(0.80, Reason.SPOOF), (1.22, Reason.SPOOF), (0.87, Reason.TOO_LATE)])
def test_a_face_that_is_squeezed_and_not_turned_is_a_picture(breadth: float, reason: Reason) -> None:
    def tilted(action: Action) -> list[Face]:
        return [replace(FRONT, yaw=FRONT.yaw + 9, breadth=FRONT.breadth * breadth)] * 8

    assert perform(plan(SCRIPT), Performer(does=tilted)).verdict == fail(reason)


def test_who_is_squeezed_for_a_moment_and_does_what_is_asked_passes() -> None:
    def both(action: Action) -> list[Face]:
        return [replace(FRONT, breadth=FRONT.breadth * 0.8)] * 8 + swing(action)

    assert perform(plan(SCRIPT), Performer(does=both)).verdict == PASS


def test_a_head_that_is_turned_and_narrow_is_no_picture() -> None:
    def half(action: Action) -> list[Face]:
        return [replace(FRONT, yaw=FRONT.yaw + 16, breadth=FRONT.breadth * 0.8)] * 8

    assert perform(plan(SCRIPT), Performer(does=half)).verdict == fail(Reason.TOO_LATE)


@pytest.mark.parametrize("action", [TURN_LEFT, TURN_RIGHT, NOD])
def test_a_nose_that_slides_without_the_head_turns_nothing(action: Action) -> None:
    def sliding(asked: Action) -> list[Face]:
        return [replace(f, yaw=FRONT.yaw, pitch=FRONT.pitch) for f in swing(asked)]

    assert perform(plan((action,)), Performer(does=sliding)).verdict == fail(Reason.TOO_LATE)


def test_a_head_that_stays_down_has_not_nodded() -> None:
    def bow(action: Action) -> list[Face]:
        return [made(NOD, 1.0)] * 200

    assert perform(plan((NOD,)), Performer(does=bow)).verdict == fail(Reason.TOO_LATE)


def test_a_still_picture_passes_no_script() -> None:
    for script in permutations(Action, 3):
        heard = perform(plan(script, script, script), Performer(does=nothing))

        assert heard.of(TryLost) == [TryLost(Reason.TOO_LATE, left) for left in (2, 1, 0)]
        assert heard.verdict == fail(Reason.TOO_LATE)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([FRONT, *(made(a, s) for a in Action for s in (0.5, 1.0))]), min_size=10, max_size=60),
    st.permutations(list(Action)),
)
def test_movements_that_heed_no_prompt_pass_nothing(loop: list[Face], order: list[Action]) -> None:
    """A recording in a loop is the same to every script: it can't pass one and its mirror."""

    class Loop(Performer):
        def next(self, at_ms: int) -> Sample:
            return Sample(at_ms, 1, loop[(at_ms // 100) % len(loop)])

    orders = [tuple(order[:3]), tuple(reversed(order[:3]))]
    passed = [perform(plan(script), Loop()).verdict == PASS for script in orders]

    assert not all(passed)


# time


def test_an_action_not_seen_in_its_time_is_too_late() -> None:
    heard = perform(plan(SCRIPT), Performer(does=nothing))

    assert heard.at(TryLost)[0] - heard.at(Prompted)[0] == 8_000
    assert heard.of(TryLost) == [TryLost(Reason.TOO_LATE, 0)]


def test_an_action_just_in_time_counts() -> None:
    assert perform(plan((OPEN_MOUTH,)), Performer(reaction_frames=74)).verdict == PASS
    assert perform(plan((OPEN_MOUTH,)), Performer(reaction_frames=78)).verdict == fail(Reason.TOO_LATE)


def test_who_never_comes_back_to_rest_is_too_late() -> None:
    def stay(action: Action) -> list[Face]:
        return [made(action, 1.0)] * 300

    heard = perform(plan((TURN_LEFT,)), Performer(does=stay))

    assert heard.at(TryLost)[0] - heard.at(Prompted)[0] == 11_000
    assert heard.of(TryLost) == [TryLost(Reason.TOO_LATE, 0)]


def test_a_deadline_holds_without_frames_too() -> None:
    judge = Judge(plan((NOD,)))
    at_ms = 1_000_000
    while not any(isinstance(output, Prompted) for output in judge.feed(Sample(at_ms, 1, FRONT))):
        at_ms += 100

    assert not any(isinstance(output, TryLost) for output in judge.tick(at_ms + 7_999))
    assert judge.tick(at_ms + 8_000)[:2] == [TryLost(Reason.TOO_LATE, 0), fail(Reason.TOO_LATE)]


def test_a_check_without_any_frame_has_no_camera() -> None:
    class Dark(Performer):
        def next(self, at_ms: int) -> None:
            return None

    heard = perform(plan(SCRIPT), Dark())

    assert heard.outputs == [Hindered(Reason.NO_CAMERA), fail(Reason.NO_CAMERA, missed=True)]
    assert heard.said[0][0] == 1_005_400
    assert heard.said[1][0] == 1_015_000


def test_the_window_ends_a_check_whatever_happens() -> None:
    tries = [SCRIPT] * 5
    heard = perform(plan(*tries, window_ms=20_000), Performer(does=nothing))

    assert heard.verdict == fail(Reason.TOO_LATE, missed=True)
    assert heard.said[-1][0] - heard.at(Began)[0] == 20_000


def test_a_lost_try_is_followed_by_a_whole_new_one() -> None:
    class Learning(Performer):
        def prompted(self, prompt: Prompted) -> None:
            self.does = swing if prompt.try_no == 2 else lambda _: swing(NOD)
            super().prompted(prompt)

    heard = perform(plan(SCRIPT, SCRIPT[::-1]), Learning())

    assert heard.of(TryLost) == [TryLost(Reason.WRONG_ACTION, 1)]
    assert [p.action for p in heard.of(Prompted)] == [TURN_LEFT, *SCRIPT[::-1]]
    assert heard.verdict == PASS


def test_a_lost_try_leaves_time_to_breathe() -> None:
    heard = perform(plan(SCRIPT, SCRIPT, gap_ms=0), Performer(does=nothing))

    assert heard.at(Prompted)[1] - heard.at(TryLost)[0] >= 1_500 + 1_000


def test_a_verdict_is_the_last_word() -> None:
    judge = Judge(plan((NOD,)))
    judge.tick(1_015_000)

    assert judge.over
    assert judge.feed(Sample(1_016_000, 1, FRONT)) == []
    assert judge.tick(1_100_000) == []


# quality

POOR = {
    Reason.TOO_FAR: replace(FRONT, height=0.1),
    Reason.TOO_CLOSE: replace(FRONT, height=0.99),
    Reason.TOO_DARK: replace(FRONT, brightness=20),
    Reason.TOO_BRIGHT: replace(FRONT, brightness=240),
    Reason.NOT_FRONTAL: replace(FRONT, yaw=25, nose_side=0.8),
    Reason.NO_FACE: None,
}


@pytest.mark.parametrize("reason", POOR)
def test_poor_frames_cost_no_try_but_time(reason: Reason) -> None:
    heard = perform(plan(SCRIPT, SCRIPT), Performer(rest=POOR[reason]))

    assert heard.outputs == [Began(), Hindered(reason), fail(reason, missed=True)]
    assert heard.said[-1][0] - heard.at(Began)[0] == 60_000


def test_a_face_lost_under_a_prompt_costs_no_try() -> None:
    def hide_then_do(action: Action) -> list[Face | None]:
        return [*[None] * 20, *[FRONT] * 5, *swing(action)]

    heard = perform(plan(SCRIPT), Performer(does=hide_then_do))

    assert heard.verdict == PASS
    assert heard.of(Hindered) == [Hindered(Reason.NO_FACE), Hindered(None)] * 3


def test_frames_that_stop_are_a_face_not_seen() -> None:
    judge = Judge(plan(SCRIPT))
    judge.feed(Sample(1_000_100, 1, FRONT))

    said = [output for at_ms in range(1_000_200, 1_004_000, 100) for output in judge.tick(at_ms)]

    assert said == [Hindered(Reason.NO_FACE)]


def test_hints_come_on_change_and_at_most_two_a_second() -> None:
    class Flickering(Performer):
        def next(self, at_ms: int) -> Sample:
            face = POOR[Reason.TOO_DARK] if (at_ms // 400) % 2 else POOR[Reason.TOO_FAR]
            return Sample(at_ms, 1, face)

    heard = perform(plan(SCRIPT), Flickering())
    times = heard.at(Hindered)

    assert len(times) > 20
    assert all(b - a >= 500 for a, b in pairwise(times))
    assert all(a != b for a, b in zip(heard.of(Hindered), heard.of(Hindered)[1:], strict=False))


def test_closed_eyes_make_no_neutral_face() -> None:
    assert perform(plan(SCRIPT), Performer(rest=made(CLOSE_EYES, 1.0))).of(Prompted) == []


def test_a_restless_head_makes_no_neutral_face() -> None:
    class Restless(Performer):
        def next(self, at_ms: int) -> Sample:
            return Sample(at_ms, 1, replace(FRONT, yaw=FRONT.yaw + 12 * ((at_ms // 300) % 2)))

    assert perform(plan(SCRIPT), Restless()).of(Prompted) == []


# several faces


def test_a_passer_by_costs_nothing() -> None:
    class Visited(Performer):
        def next(self, at_ms: int) -> Sample:
            sample = super().next(at_ms)
            return replace(sample, faces=2) if 1_000_500 <= at_ms < 1_002_000 else sample

    heard = perform(plan(SCRIPT), Visited())

    assert heard.verdict == PASS
    assert heard.of(Hindered) == [Hindered(Reason.MULTI_FACE), Hindered(None)]


def test_two_short_visits_are_not_one_long_one() -> None:
    class Visited(Performer):
        def next(self, at_ms: int) -> Sample:
            visit = 1_000_500 <= at_ms < 1_002_000 or 1_002_500 <= at_ms < 1_004_000
            return replace(super().next(at_ms), faces=2 if visit else 1)

    assert perform(plan(SCRIPT), Visited()).verdict == PASS


def test_a_second_face_that_stays_costs_a_try() -> None:
    heard = perform(plan(SCRIPT, SCRIPT), Performer(faces=2))

    assert heard.of(TryLost) == [TryLost(Reason.MULTI_FACE, 1), TryLost(Reason.MULTI_FACE, 0)]
    assert heard.at(TryLost)[0] - heard.at(Began)[0] == 2_000
    assert heard.verdict == fail(Reason.MULTI_FACE)


# identity


@pytest.mark.parametrize(("match", "verdict"), [(0.45, True), (0.44, False), (0.9, True), (-0.1, False)])
def test_the_median_match_decides(match: float, *, verdict: bool) -> None:
    heard = perform(plan(SCRIPT, identity=True), Performer(match=match))

    expected = replace(PASS, score=match) if verdict else fail(Reason.NO_MATCH, score=match)
    assert heard.verdict == expected


def test_a_verdict_needs_five_matched_frames() -> None:
    judge, performer, matched = Judge(plan((OPEN_MOUTH,), identity=True)), Performer(), 0
    for at_ms in range(1_000_000, 1_030_000, 100):
        sample = performer.next(at_ms)
        if judge.wants_match(sample) and matched < (4 if at_ms > 1_010_000 else 2 if at_ms > 1_003_000 else 1):
            matched += 1
            sample = replace(sample, match=0.9)
        for output in judge.feed(sample):
            if isinstance(output, Prompted):
                performer.prompted(output)

    assert matched == 4
    assert not judge.over
    assert judge.feed(Sample(1_030_000, 1, FRONT, match=0.9)) == [replace(PASS, score=0.9)]


def test_a_long_rest_is_matched_less_often_once_there_is_enough_for_a_verdict() -> None:
    judge, asked = Judge(plan(SCRIPT, identity=True, ready_ms=20_000)), list[int]()
    for at_ms in range(1_000_100, 1_010_100, 100):
        sample = Sample(at_ms, 1, FRONT)
        if judge.wants_match(sample):
            asked.append(at_ms)
            sample = replace(sample, match=0.8)
        judge.feed(sample)

    assert [b - a for a, b in pairwise(asked)] == [500] * 4 + [1_000] * 7


def test_nobody_else_may_do_a_part_of_the_work() -> None:
    """Who is matched in all stretches but one has let somebody else in for that one."""

    class Swapping(Performer):
        def prompted(self, prompt: Prompted) -> None:
            super().prompted(prompt)
            self.match = 0.2 if prompt.index == 0 else 0.8

    heard = perform(plan(SCRIPT, identity=True), Swapping(match=0.8))

    assert heard.of(TryLost) == [TryLost(Reason.NO_MATCH, 0)]
    assert heard.verdict.score == 0.8


@pytest.mark.parametrize("action", Action)
def test_who_acts_must_be_who_rests(action: Action) -> None:
    """A picture of the learner at rest, and somebody else under the prompt."""
    own = perform(plan((action,), identity=True), Performer(match=0.8, kin=0.56))
    other = perform(plan((action,), identity=True), Performer(match=0.8, kin=0.31))

    assert own.verdict == replace(PASS, score=0.8)
    assert other.verdict == fail(Reason.NO_MATCH, score=0.8)


def test_one_odd_frame_makes_nobody_a_stranger() -> None:
    class Odd(Performer):
        def next(self, at_ms: int) -> Sample:
            self.kin = 0.1 if at_ms % 1_000 < 100 else 0.6
            return super().next(at_ms)

    for action in Action:
        assert perform(plan((action,), identity=True), Odd(match=0.8)).verdict == replace(PASS, score=0.8)


def test_an_action_is_compared_while_it_is_made_and_not_too_often() -> None:
    asked: list[Sample] = []
    judge, performer = Judge(plan(SCRIPT, identity=True)), Performer()
    for at_ms in range(1_000_100, 1_030_000, 100):
        sample = performer.next(at_ms)
        assert not (judge.wants_kin(sample) and judge.wants_match(sample))
        if judge.wants_kin(sample):
            asked.append(sample)
            sample = replace(sample, kin=0.8)
        elif judge.wants_match(sample):
            sample = replace(sample, match=0.8)
        for output in judge.feed(sample):
            if isinstance(output, Prompted):
                performer.prompted(output)

    assert judge.over
    assert len(asked) == 3 * 4
    assert FRONT not in {sample.face for sample in asked}
    assert all(b.at_ms - a.at_ms >= 300 for a, b in pairwise(asked))


def test_a_practice_without_a_portrait_compares_nothing() -> None:
    assert perform(plan(SCRIPT), Performer(kin=0.0)).verdict == PASS


def test_no_prompt_comes_before_a_frame_was_matched() -> None:
    assert perform(plan(SCRIPT, identity=True), Performer(match=None)).of(Prompted) == []


def test_only_frames_at_rest_and_near_frontal_are_matched() -> None:
    asked: list[Sample] = []
    under_a_prompt = False
    judge, performer = Judge(plan(SCRIPT, identity=True)), Performer()
    for at_ms in range(1_000_100, 1_030_000, 100):
        sample = performer.next(at_ms)
        if judge.wants_match(sample):
            assert not under_a_prompt
            asked.append(sample)
            sample = replace(sample, match=0.8)
        for output in judge.feed(sample):
            under_a_prompt = isinstance(output, Prompted) or (under_a_prompt and not isinstance(output, StepDone))
            if isinstance(output, Prompted):
                performer.prompted(output)

    assert judge.over
    assert len(asked) >= 5
    assert {sample.face for sample in asked} <= {FRONT, *(f for a in Action for f in swing(a) if abs(f.yaw) < 20)}


# enrolment

UNFIT: Iterable[tuple[Reason, Face | None, int]] = [
    (Reason.NO_FACE, None, 0),
    (Reason.MULTI_FACE, FRONT, 2),
    (Reason.TOO_FAR, replace(FRONT, height=0.25), 1),
    (Reason.TOO_CLOSE, replace(FRONT, height=0.90), 1),
    (Reason.TOO_DARK, replace(FRONT, brightness=45), 1),
    (Reason.TOO_BRIGHT, replace(FRONT, brightness=215), 1),
    (Reason.NOT_FRONTAL, replace(FRONT, yaw=14), 1),
    (Reason.NOT_FRONTAL, replace(FRONT, pitch=25), 1),
    (Reason.NOT_FRONTAL, replace(FRONT, roll=15), 1),
    (Reason.BLURRED, replace(FRONT, sharpness=10), 1),
]


@pytest.mark.parametrize(("reason", "face", "faces"), UNFIT)
def test_the_gate_of_enrolment_says_what_is_wrong(reason: Reason, face: Face | None, faces: int) -> None:
    heard = perform(plan(SCRIPT, gate=True), Performer(rest=face, faces=faces), until_ms=1_500)

    assert heard.outputs == [Began(), Hindered(reason)]


@pytest.mark.parametrize(("reason", "face", "faces"), [u for u in UNFIT if u[0] not in ("NO_FACE", "MULTI_FACE")])
def test_a_check_is_milder_than_the_gate(reason: Reason, face: Face, faces: int) -> None:
    assert perform(plan(SCRIPT), Performer(rest=face, does=nothing), until_ms=4_000).of(Prompted)
    assert not perform(plan(SCRIPT, gate=True), Performer(rest=face, does=nothing), until_ms=4_000).of(Prompted)


def test_a_fit_face_passes_the_gate() -> None:
    assert perform(plan(SCRIPT, gate=True, identity=True), Performer(match=0.9)).verdict == replace(PASS, score=0.9)
