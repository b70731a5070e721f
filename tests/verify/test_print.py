"""A print passes under no script: its series comes through VP8 once a variant, the pure verdict does the rest."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from tests.actor import face, sender
from tests.actor.face import Picture, Pose
from tests.verify.conftest import Media, request, three
from tests.verify.film import series_once
from tests.verify.print_attack import ACT, REST, VARIANTS, Print, answers, film
from tests.verify.stage import Performer, perform, plan
from verify import models
from verify.actions import neutral_of, squeezed
from verify.landmarks import Landmarker
from verify.measures import Face, Sample
from verify.protocol import Failed, FirstFrame, Open, Prompt
from verify.vocabulary import Action

SCRIPTS = 200


def astronaut() -> Picture:
    return np.ascontiguousarray(data.astronaut()[..., :3])


def spoof_print(footage: Path) -> Picture:
    with Image.open(footage / "spoof_print.jpg") as photo:
        return np.asarray(ImageOps.exif_transpose(photo).convert("RGB"), np.uint8)


@pytest.fixture(params=["drawn", pytest.param("real", marks=pytest.mark.footage)])
def portrait(request: pytest.FixtureRequest) -> tuple[str, Picture, Path]:
    """A frontal portrait that is always there, and a photo of a real print."""
    if request.param == "drawn":
        return "drawn", astronaut(), Path(face.__file__)
    footage: Path = request.getfixturevalue("footage")
    return "real", spoof_print(footage), footage / "spoof_print.jpg"


class Looped(Performer):
    """Shows a series again and again, from some point of it on."""

    def __init__(self, series: Sequence[Sample], start: int) -> None:
        super().__init__()
        self._series, self._at = series, start

    def next(self, at_ms: int) -> Sample:
        self._at = (self._at + 1) % len(self._series)
        return replace(self._series[self._at], at_ms=at_ms)


async def test_no_variant_of_a_print_passes_any_of_200_scripts(portrait: tuple[str, Picture, Path]) -> None:
    name, picture, source = portrait
    sheet = Print(picture)
    taken: dict[str, list[Sample]] = {}

    async def take(variants: list[str]) -> None:
        for variant in variants:
            taken[variant] = await series_once(f"{name} {variant}", source, lambda v=variant: film(VARIANTS[v], sheet))

    names = list(VARIANTS)
    await asyncio.gather(*(take(names[lane::4]) for lane in range(4)))

    scripts = list(permutations(Action, 3))
    for variant, series in taken.items():
        seen = sum(sample.faces for sample in series) / len(series)
        passes: Counter[str] = Counter()
        for number in range(SCRIPTS):
            tries = [scripts[(7 * number + 11 * k) % 60] for k in range(3)]
            performer = Looped(series, start=number * 13 % len(series))
            heard = perform(plan(*tries, gap_ms=500 + 300 * (number % 6)), performer)
            assert heard.verdict is not None
            passes[str(heard.verdict.reason)] += heard.verdict.passed
        assert sum(passes.values()) == 0, (variant, passes)
        assert seen > 0.5, f"{variant}: the print was hardly seen, so nothing was tested"


def test_a_tilted_print_is_squeezed_and_a_turned_head_is_not() -> None:
    sheet, mesh = Print(astronaut()), face.Mesh(astronaut())
    landmarker = Landmarker(models.LANDMARKS.locate())

    def seen(picture: Picture) -> Face:
        for _ in range(3):  # it follows: a jump is smoothed
            reading = landmarker.read(picture)
        assert reading.face is not None
        return reading.face

    try:
        flat = neutral_of([seen(sheet.shown())])
        tilted = [seen(sheet.shown(yaw=yaw)) for yaw in (40, -40)]
        nearer = [seen(sheet.shown()), seen(sheet.shown(zoom=1.3)), seen(sheet.shown(roll=12, x=0.1))]
        rest = neutral_of([seen(mesh.draw(Pose()))])
        living = [Pose(yaw=yaw) for yaw in (-40, -20, -8, 8, 20, 40)] + [
            Pose(pitch=13),
            Pose(pitch=26),
            Pose(mouth_open=1),
        ]
        turned = [seen(mesh.draw(pose)) for pose in living]
    finally:
        landmarker.close()

    assert [squeezed(found, flat) for found in tilted] == [True, True]
    assert not any(squeezed(found, flat) for found in nearer)
    assert not any(squeezed(found, rest) for found in turned)


async def test_a_print_whose_holder_hears_the_prompts_passes_no_script() -> None:
    """The strongest form: a frontal print, tilted as asked, with real eyes and a real mouth behind its holes."""
    series = await series_once("answers", Path(face.__file__), lambda: answers(Print(astronaut())))
    parts: dict[Action, list[Face | None]] = {}
    for number, action in enumerate(Action):
        start = number * (REST + ACT) + REST // 2
        parts[action] = [sample.face for sample in series[start : start + ACT + REST // 2 + 2]]
    rest = series[REST // 2].face

    done: Counter[Action] = Counter()
    for script in permutations(Action, 3):
        heard = perform(plan(script), Performer(does=lambda action: parts[action], rest=rest))
        assert heard.verdict is not None
        assert not heard.verdict.passed, script
    for action in Action:
        heard = perform(plan((action,)), Performer(does=lambda action: parts[action], rest=rest))
        done[action] += bool(heard.verdict and heard.verdict.passed)

    holes = {Action.OPEN_MOUTH, Action.CLOSE_EYES}
    assert done == Counter({action: int(action in holes) for action in Action})  # only what isn't printed moves


async def test_five_prints_fail_end_to_end(media: Media, portrait: tuple[str, Picture, Path]) -> None:
    name, picture, _ = portrait
    sheet = Print(picture)
    shown = [film(VARIANTS[name], sheet) for name in ("plain", "scaled", "eyes_cut_out", "tilted", "all_cut_out")]

    def asked(number: int) -> Open:
        return request(three(number), three(number + 5), action_ms=2_500, window_ms=10_000)

    outcomes = await asyncio.gather(
        *(
            sender.run_check(media.url, media.secret, asked(number), sender.Script(rest=pictures))
            for number, pictures in enumerate(shown)
        )
    )

    assert [type(outcome.verdict) for outcome in outcomes] == [Failed] * 5, [o.words() for o in outcomes]
    assert all(outcome.of(FirstFrame) for outcome in outcomes)
    if name == "drawn":  # the real print looks aside, so it isn't even prompted
        assert outcomes[0].of(Prompt), outcomes[0].words()
