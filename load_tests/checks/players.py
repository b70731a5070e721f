"""Who stands before the camera: each decides which frame of its film comes next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from load_tests.checks.faces import Rng
from load_tests.checks.film import REST, Film
from verify.protocol import Action

AGAIN_FRAMES = 15  # at rest after an action that nobody acknowledged, before it is made again
DROPPED = 0.03  # frames that a camera, a browser or a network loses


class Player(Protocol):
    """Shows frames at ten a second; knows only what the page shows."""

    def prompted(self, index: int, action: Action) -> None:
        """Hear a prompt."""

    def seen(self) -> None:
        """Hear that the action was seen."""

    def lost(self) -> None:
        """Hear that a try is lost."""

    def next(self) -> int | None:
        """Return the next frame's number; None when it got lost on the way."""


Choose = Callable[[Action], str | None]


def as_asked(action: Action) -> str | None:
    """Do what the prompt says."""
    return action


@dataclass(slots=True)
class Answering:
    """Rests, reads the prompt, plays a take of it; when nothing comes of it, once more."""

    film: Film
    rng: Rng
    choose: Choose = as_asked
    reaction_s: tuple[float, float] = (0.9, 0.35)  # median, and spread of its logarithm
    rest: str = REST
    soonest_s: float = 0.3
    _part: str | None = None
    _waited: int = 0  # frames since the take ended without an answer
    _queue: list[int] = field(default_factory=list)
    _resting: list[int] = field(default_factory=list)

    def prompted(self, index: int, action: Action) -> None:
        """Answer after the time it takes to read."""
        self._part = self.choose(action)
        self._play()

    def _play(self) -> None:
        if self._part is None:
            return
        takes = self.film.parts[self._part]
        self._waited = 0
        median, spread = self.reaction_s
        frames = round(10 * float(min(max(median * self.rng.lognormal(0, spread), self.soonest_s), 5.0)))
        self._queue = [self._rest() for _ in range(frames)] + list(takes[self.rng.integers(len(takes))])

    def seen(self) -> None:
        """Wait for the next prompt."""
        self._part = None

    def lost(self) -> None:
        """Stop what was under way."""
        self._part = None
        self._queue.clear()

    def next(self) -> int | None:
        """Return the next frame's number."""
        if not self._queue and self._part is not None:
            self._waited += 1
            if self._waited > AGAIN_FRAMES:
                self._play()
        number = self._queue.pop(0) if self._queue else self._rest()
        return None if self.rng.random() < DROPPED else number

    def _rest(self) -> int:
        if not self._resting:
            rests = self.film.parts[self.rest]
            self._resting = list(rests[self.rng.integers(len(rests))])
        return self._resting.pop(0)


@dataclass(slots=True)
class Looping:
    """Shows one stretch again and again, from some point of it on, whatever is asked."""

    stretch: Sequence[int]
    rng: Rng
    _at: int = -1

    def prompted(self, index: int, action: Action) -> None:
        """Heed nothing."""

    def seen(self) -> None:
        """Heed nothing."""

    def lost(self) -> None:
        """Heed nothing."""

    def next(self) -> int | None:
        """Return the next frame's number."""
        self._at = int(self.rng.integers(len(self.stretch))) if self._at < 0 else (self._at + 1) % len(self.stretch)
        return None if self.rng.random() < DROPPED else self.stretch[self._at]


@dataclass(slots=True)
class Replaying:
    """Plays a recorded pass, started anew at the first prompt of each try as it stood in the recording."""

    recording: Sequence[int]
    first_prompt: int  # where in the recording its own first prompt came
    rng: Rng
    _at: int | None = None

    def prompted(self, index: int, action: Action) -> None:
        """Start at the first prompt; the later ones find it running."""
        if index == 0:
            self._at = self.first_prompt

    def seen(self) -> None:
        """Play on."""

    def lost(self) -> None:
        """Go back to the recording's rest."""
        self._at = None

    def next(self) -> int | None:
        """Return the next frame's number."""
        if self._at is None:  # the rest before its first prompt, forth and back
            number = int(self.rng.integers(max(0, self.first_prompt - 15), self.first_prompt))
        else:
            number, self._at = self._at, min(self._at + 1, len(self.recording) - 1)
        return None if self.rng.random() < DROPPED else self.recording[number]


@dataclass(slots=True)
class HandingOver:
    """One person until a step of the script, another from then on."""

    first: Answering
    second: Answering
    at_index: int
    _second: bool = False

    def prompted(self, index: int, action: Action) -> None:
        """Whoever sits there answers."""
        self._second = self._second or index >= self.at_index
        (self.second if self._second else self.first).prompted(index, action)

    def seen(self) -> None:
        """Wait for the next prompt."""
        (self.second if self._second else self.first).seen()

    def lost(self) -> None:
        """Begin again with the first."""
        self._second = False
        self.first.lost()
        self.second.lost()

    def next(self) -> int | None:
        """Return the next frame's number."""
        return (self.second if self._second else self.first).next()


@dataclass(slots=True)
class Recording:
    """Keeps what a player showed."""

    player: Player
    shown: list[int] = field(default_factory=list)
    prompts: list[int] = field(default_factory=list)  # how many frames had been shown at each

    def prompted(self, index: int, action: Action) -> None:
        """Pass on."""
        self.prompts.append(len(self.shown))
        self.player.prompted(index, action)

    def seen(self) -> None:
        """Pass on."""
        self.player.seen()

    def lost(self) -> None:
        """Pass on."""
        self.player.lost()

    def next(self) -> int | None:
        """Return the next frame's number."""
        number = self.player.next()
        if number is not None:
            self.shown.append(number)
        return number
