"""Real faces over real VP8: each clip with the script that fits it, and with one that does not."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.actor.face import Picture
from tests.actor.sender import Outcome, Script, run_check
from tests.verify.conftest import Media, request
from tests.verify.film import frames
from verify import models, rules
from verify.identity import Recogniser
from verify.landmarks import Landmarker
from verify.protocol import Action, Failed, Hint, Passed, Prompt, Reason, StepSeen, TryFailed

pytestmark = pytest.mark.footage

TURN_LEFT, TURN_RIGHT, NOD, OPEN_MOUTH, CLOSE_EYES = Action
PERSON_A_S = 12.0  # a blink and a quiet mouth are among the first seconds


def there_and_back(shown: Sequence[Picture]) -> list[Picture]:
    """Return the frames forth and back, so that a clip ends where it began."""
    return [*shown, *reversed(shown)]


def turn(footage: Path) -> tuple[Picture, list[Picture], list[Picture]]:
    """Return the woman who turns: her face to the front, to her right, to her left."""
    clip = frames(footage / "turn_left_right.gif", size=1.6)
    return clip[7], there_and_back(clip[7:1:-1]), there_and_back(clip[7:13])


@pytest.fixture(scope="module")
def clips(footage: Path) -> dict[Action, Script]:
    """A real face for each action that the footage shows."""
    front, to_right, to_left = turn(footage)
    mouth = frames(footage / "mouth_open.mp4", 1.6, 3.7)
    eyes = frames(footage / "small_turns.mp4", 2.8, 4.6)
    return {
        TURN_RIGHT: Script(rest=[front], on_prompt=lambda prompt: to_right),
        TURN_LEFT: Script(rest=[front], on_prompt=lambda prompt: to_left),
        OPEN_MOUTH: Script(rest=there_and_back(mouth[:4]), on_prompt=lambda prompt: mouth[4:]),
        CLOSE_EYES: Script(rest=there_and_back(eyes[:4]), on_prompt=lambda prompt: there_and_back(eyes[4:])),
    }


def show(media: Media, script: Script, *asked: Action, **more: object) -> "asyncio.Task[Outcome]":
    fresh = Script(rest=script.rest, on_prompt=script.on_prompt)
    return asyncio.ensure_future(run_check(media.url, media.secret, request(asked, **more), fresh))


async def test_real_actions_pass_the_script_that_fits(media: Media, clips: dict[Action, Script]) -> None:
    outcomes = await asyncio.gather(*(show(media, clip, action) for action, clip in clips.items()))

    for action, outcome in zip(clips, outcomes, strict=True):
        assert isinstance(outcome.verdict, Passed), (action, outcome.words())
        assert outcome.of(StepSeen) == [StepSeen(1, 0)]


async def test_real_actions_fail_a_script_that_does_not_fit(media: Media, clips: dict[Action, Script]) -> None:
    unfit = {TURN_RIGHT: TURN_LEFT, TURN_LEFT: NOD, OPEN_MOUTH: CLOSE_EYES, CLOSE_EYES: OPEN_MOUTH}

    outcomes = await asyncio.gather(*(show(media, clips[done], asked) for done, asked in unfit.items()))

    for done, outcome in zip(unfit, outcomes, strict=True):
        assert outcome.of(TryFailed) == [TryFailed(Reason.WRONG_ACTION, 0)], (done, outcome.words())
        assert outcome.verdict.reason is Reason.WRONG_ACTION


async def test_a_face_that_vanishes_is_told_and_missed(media: Media, footage: Path) -> None:
    clip = frames(footage / "face_vanishes.mov")
    gone = Script(rest=clip[-1:], _queue=clip[:26] + clip[28:])

    outcome = await run_check(media.url, media.secret, request((NOD,), action_ms=30_000, window_ms=8_000), gone)

    assert len(outcome.of(Prompt)) == 1, outcome.words()
    assert outcome.of(TryFailed) == []
    assert outcome.of(Hint)[-1] == Hint(Reason.NO_FACE)
    assert (outcome.verdict.reason, outcome.verdict.missed) == (Reason.NO_FACE, True)


async def test_two_faces_cost_a_try(media: Media, footage: Path) -> None:
    clip = frames(footage / "two_faces.gif")

    asked = request((NOD,), window_ms=10_000)
    outcome = await run_check(media.url, media.secret, asked, Script(rest=there_and_back(clip)))

    assert outcome.of(Prompt) == []
    assert outcome.verdict.reason is Reason.MULTI_FACE


def embedding(path: Path) -> list[float]:
    picture = np.ascontiguousarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))
    landmarker = Landmarker(models.LANDMARKS.locate())
    points = landmarker.read(picture).points
    landmarker.close()
    assert points is not None
    found = Recogniser(models.EMBEDDING.locate()).embed(picture, points)
    assert found is not None
    return [float(x) for x in found]


@pytest.fixture(scope="module")
def person_a(footage: Path) -> tuple[list[Picture], Picture]:
    """Person A at rest, and in the middle of a blink: held for a second it is closed eyes."""
    clip = frames(footage / "person_a_live.mov", to_s=PERSON_A_S)
    landmarker = Landmarker(models.LANDMARKS.locate())
    faces = [landmarker.read(picture).face for picture in clip]
    landmarker.close()
    openings = [face.eye_opening if face else 1.0 for face in faces]
    quiet = min(
        range(len(clip) - 8),
        key=lambda i: max(f.mouth_gap for f in faces[i : i + 8] if f) + (min(openings[i : i + 8]) < 0.04),
    )
    return there_and_back(clip[quiet : quiet + 8]), clip[int(np.argmin(openings))]


async def test_person_a_matches_portraits_of_a_and_none_of_b(
    media: Media, footage: Path, person_a: tuple[list[Picture], Picture]
) -> None:
    """Person A talks; a blink held for a second is the closed eyes."""
    rest, shut = person_a
    live = Script(rest=rest, on_prompt=lambda prompt: [shut] * 11)
    portraits = {name: embedding(footage / "portraits" / f"person_{name}.jpg") for name in ("a_1", "a_2", "b_1")}

    outcomes = dict(
        zip(
            portraits,
            await asyncio.gather(*(show(media, live, CLOSE_EYES, portrait=p) for p in portraits.values())),
            strict=True,
        )
    )

    for name in ("a_1", "a_2"):
        assert isinstance(outcomes[name].verdict, Passed), (name, outcomes[name].words())
        assert outcomes[name].verdict.score >= rules.MATCH
    other = outcomes["b_1"].verdict
    assert isinstance(other, Failed), outcomes["b_1"].words()
    assert other.reason is Reason.NO_MATCH
    assert other.score < rules.MATCH_OF_A_STRETCH


async def test_nobody_acts_behind_a_picture_of_the_learner(
    media: Media, footage: Path, person_a: tuple[list[Picture], Picture], clips: dict[Action, Script]
) -> None:
    """Person A at rest, cut to another real face under the prompt, and back."""
    rest, _ = person_a
    relay = Script(rest=rest, on_prompt=clips[CLOSE_EYES].on_prompt)

    outcome = await show(media, relay, CLOSE_EYES, portrait=embedding(footage / "portraits" / "person_a_1.jpg"))

    assert outcome.verdict.reason is Reason.NO_MATCH, outcome.words()
    assert outcome.verdict.score >= rules.MATCH  # at rest it was she: the action gave it away
