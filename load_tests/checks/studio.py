"""Faces to film: the learner, other people, what the footage has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from load_tests.checks import attacks
from load_tests.checks.faces import performed
from load_tests.checks.film import HERE, REST, Cache, Cutter, Film, Reading, filmed, measured
from load_tests.checks.judging import judge
from load_tests.checks.players import Answering, Recording
from tests.actor.face import Mesh, Picture
from tests.actor.frames import NEUTRAL, actor
from verify import models
from verify.identity import Embedding, Recogniser, centre
from verify.landmarks import Landmarker
from verify.protocol import Action, Script, Step

# Photographs of one person each: the one that is acted, the one that was enrolled. A fifth pair was left out, because the
# actor's painted lids close only nine tenths of what is asked on narrow eyes: that measures the drawing, not the check.
PEOPLE = (
    ("pairs/img10", "pairs/img1"),
    ("pairs/img9", "pairs/img8"),
    ("pairs/img17", "pairs/img16"),
    ("pairs/img20", "pairs/img21"),
)
RECORDED = (7, 23, 41)  # of the 60 orders, those that were filmed


@dataclass
class Studio:
    """The learner, other people, footage, and the films and readings made of them."""

    cache: Cache
    footage: Path | None

    @cached_property
    def portrait(self) -> Picture:
        """The public-domain portrait that is always there."""
        return np.ascontiguousarray(data.astronaut()[..., :3])  # type: ignore[no-untyped-call]

    @cached_property
    def learner(self) -> Film:
        """The enrolled learner, drawn from that portrait."""
        return self.film("learner", lambda: performed(Mesh(self.portrait), 1))

    @cached_property
    def cast(self) -> Film:
        """The tests' own actor: the same person, every take the same."""
        drawn = actor()
        rest = drawn.sequences.pop(NEUTRAL)
        numbers = [*rest, *(n for action in drawn.sequences.values() for n in (*rest[:6], *action)), *rest]
        parts, at = {REST: [list(range(len(rest)))]}, len(rest)
        for name, action in drawn.sequences.items():
            parts[name] = [list(range(at + 6, at + 6 + len(action)))]
            at += 6 + len(action)
        return Film([drawn.jpegs[n] for n in numbers], parts)

    @cached_property
    def enrolled(self) -> Embedding:
        """Her portrait's embedding, as an enrolment takes it."""
        return self.enrolled_by(self.learner)

    @cached_property
    def others(self) -> list[Film]:
        """Other people, drawn from photographs."""
        return [
            self.film(f"person {acted}", partial(self._perform, acted, 10 + n)) for n, (acted, _) in enumerate(PEOPLE)
        ]

    def _perform(self, name: str, seed: int) -> Film:
        return performed(Mesh(self.photo(name)), seed, takes=4)

    @cached_property
    def recordings(self) -> tuple[Film, list[int]]:
        """Passed checks of the learner, frame by frame; a part each, and where its first prompt came."""
        orders = list(permutations(Action, 3))
        cutter, began = Cutter(), []
        for seed, number in enumerate(RECORDED):
            rng = np.random.default_rng(100 + seed)
            player = Recording(Answering(self.learner, rng))
            steps = [Step(action, int(rng.integers(500, 2_000))) for action in orders[number]]
            trial = judge(self.read(self.learner), player, [Script(steps)], self.enrolled)
            assert trial.passed, "the recording must be of a check that passed"
            cutter.add("recording", (self.learner.picture(shown) for shown in player.shown))
            began.append(player.prompts[0])
        return cutter.film, began

    def film(self, name: str, make: Callable[[], Film]) -> Film:
        """Return a film from the cache, or make it."""
        return (
            filmed(self.cache, name, make, HERE / "attacks.py")
            if name.startswith("attack")
            else filmed(self.cache, name, make)
        )

    def read(self, film: Film) -> list[Reading]:
        """Return what the media plane measures of it."""
        return measured(self.cache, film)

    def share(self) -> None:
        """Make what several subjects need, once, before processes share the work."""
        self.read(self.learner)
        for film in self.others if self.footage is not None else []:
            self.read(film)

    def joined(self, *films: Film) -> tuple[Film, list[Reading]]:
        """Return several films as one, each measured as a stream of its own."""
        return attacks.joined(*films), [reading for film in films for reading in self.read(film)]

    def enrolled_by(self, film: Film) -> Embedding:
        """Return the embedding of the film's first rest."""
        found = [self.read(film)[number].embedding for number in film.parts[REST][0]]
        return centre([embedding for embedding in found if embedding is not None])

    def at(self, name: str) -> Path:
        """Return where a piece of footage is."""
        assert self.footage is not None
        return self.footage / name

    def photo(self, name: str) -> Picture:
        """Return a photograph of the footage."""
        picture = cv2.cvtColor(cv2.imread(str(self.at(name + ".jpg"))), cv2.COLOR_BGR2RGB)
        scale = 1_000 / max(picture.shape[:2])
        return np.ascontiguousarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))

    def embedding_of(self, name: str) -> Embedding:
        """Return the embedding of a photograph."""
        picture = self.photo(name)
        landmarker = Landmarker(models.LANDMARKS.locate())
        points = landmarker.read(picture).points
        landmarker.close()
        found = None if points is None else Recogniser(models.EMBEDDING.locate()).embed(picture, points)
        assert found is not None, f"no face in {name}"
        return found
