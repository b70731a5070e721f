"""What was filmed once, shown again: it answers only the script it was filmed for."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from math import comb

import pytest

from realtime.scripts import draw_scripts
from tests.actor.frames import NEUTRAL, Actor
from tests.actor.sender import Script, run_check
from tests.verify.conftest import Media, request
from tests.verify.stage import FRONT, Performer, perform, swing
from verify.measures import Face, Sample
from verify.protocol import Failed
from verify.verdict import Plan, Prompted, Verdict
from verify.vocabulary import Action

CHECKS = 600
TRIES = 3
ORDERS = 60  # three different actions of five, in order


@dataclass(slots=True)
class Filming(Performer):
    """An honest learner whose frames somebody keeps."""

    film: list[Face | None] = field(default_factory=list)

    def next(self, at_ms: int) -> Sample | None:
        """Show the next frame, and keep it."""
        sample = Performer.next(self, at_ms)
        self.film.append(None if sample is None else sample.face)
        return sample


@dataclass(slots=True)
class Shown(Performer):
    """A film that runs from its beginning at each try, or all the time, whatever is asked."""

    film: Sequence[Face | None] = ()
    from_its_beginning: bool = True
    _at: int = 0
    _tries: int = 1

    def prompted(self, prompt: Prompted) -> None:
        """A film hears nothing; whoever runs it sees that a new try has begun."""
        if self.from_its_beginning and prompt.try_no != self._tries:
            self._tries, self._at = prompt.try_no, SETTLED

    def next(self, at_ms: int) -> Sample | None:
        """Show the next frame, over and over."""
        face = self.film[self._at % len(self.film)]
        self._at += 1
        return Sample(at_ms, 0 if face is None else 1, face)


SETTLED = 16  # frames before the first prompt of the film, which a new try has had by itself


def drawn() -> Plan:
    """As the server draws a check."""
    asked = draw_scripts(TRIES)
    scripts = tuple(tuple((Action(step.action), step.gap_ms) for step in script.steps) for script in asked)
    return Plan(scripts=scripts, granted_at_ms=1_000_000, identity=False, ready_ms=0)


def most_by_chance(checks: int, chance: float, doubt: float = 1e-6) -> int:
    """How many of so many pass by chance, but for one run in a million."""
    total = 0.0
    for passes in range(checks + 1):
        total += comb(checks, passes) * chance**passes * (1 - chance) ** (checks - passes)
        if total >= 1 - doubt:
            return passes
    return checks


def filmed() -> list[Face | None]:
    """The frames of a check that was passed."""
    learner = Filming()
    assert isinstance(perform(drawn(), learner).verdict, Verdict)
    return learner.film


def passes(make: "list[Face | None] | None", *, aligned: bool) -> int:
    """How many of the new checks a film passes; filmed anew for each hundred."""
    won, film = 0, make
    for number in range(CHECKS):
        if make is None and number % 100 == 0:
            film = filmed()
        verdict = perform(drawn(), Shown(film=film or (), from_its_beginning=aligned)).verdict
        won += verdict is not None and verdict.passed
    return won


def test_an_honest_learner_passes_what_a_replay_is_measured_against() -> None:
    assert all(perform(drawn(), Performer()).verdict.passed for _ in range(20))  # type: ignore[union-attr]


def test_a_replay_of_an_earlier_pass_does_no_better_than_chance() -> None:
    """design.md, Challenges: a replayed recording fits one script in sixty; three tries, three scripts."""
    won = passes(None, aligned=True)
    chance = TRIES / ORDERS
    print(
        f"\nreplay of an earlier pass: {won} of {CHECKS} checks ({won / CHECKS:.4f}); 1 in 60 a try: {1 / ORDERS:.4f}"
    )
    assert won <= most_by_chance(CHECKS, chance)


def test_a_looped_clip_of_every_action_does_no_better_than_chance() -> None:
    """The clip goes round; an action that comes before its prompt, or isn't the one asked, loses the try."""
    clip: list[Face | None] = []
    for action in Action:
        clip += [FRONT] * 15 + list(swing(action))
    won = passes(clip, aligned=False)
    print(f"\nlooped clip of every action: {won} of {CHECKS} checks ({won / CHECKS:.4f})")
    assert won <= most_by_chance(CHECKS, TRIES / ORDERS)


@pytest.mark.slow
async def test_replayed_and_looped_pictures_fail_before_the_real_judge(media: Media, cast: Actor) -> None:
    """The same two through WebRTC, VP8 and landmarks, once each."""
    pictures = cast.pictures()
    show = {name: [pictures[n] for n in numbers] for name, numbers in cast.sequences.items()}
    orders = list(permutations(Action, 3))
    first = secrets.choice(orders)
    asked = secrets.choice([order for order in orders if order[0] is not first[0]])
    replay = show[NEUTRAL] * 3
    for action in first:
        replay = [*replay, *show[action], *show[NEUTRAL]]
    loop = [picture for action in Action for picture in (*show[NEUTRAL], *show[action])]

    for film in (replay, loop):
        outcome = await run_check(media.url, media.secret, request(asked, window_ms=30_000), Script(rest=film))
        assert isinstance(outcome.verdict, Failed), outcome.words()
