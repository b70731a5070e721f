"""Who and what is put before the checks, in the order of the table."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from load_tests.checks import attacks
from load_tests.checks.faces import Rendered, Rng, performed
from load_tests.checks.film import REST, ROOT, Cache, Cutter, Film, Reading
from load_tests.checks.players import Answering, HandingOver, Looping, Player, Replaying
from load_tests.checks.studio import PEOPLE, Studio
from realtime.scripts import draw_scripts
from tests.actor.face import Mesh, Picture
from tests.verify.film import frames
from tests.verify.print_attack import VARIANTS
from verify.identity import Embedding, centre
from verify.protocol import Action, Script, Step

HONEST, ATTACK = "honest", "attack"
TRIES = 3
SMART = (0.6, 0.2)  # s; a program, or a practised hand, that reads the prompts
TAKES_IN_FOOTAGE = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.OPEN_MOUTH, Action.CLOSE_EYES)

Draw = Callable[[Rng], list[Script]]


def three_tries(rng: Rng) -> list[Script]:
    """Return what a check asks for, drawn as the server draws it."""
    return draw_scripts(TRIES)


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the table."""

    film: Film
    readings: list[Reading]
    cast: Callable[[Rng], tuple[Player, Embedding | None]]
    draw: Draw = three_tries


@dataclass(slots=True)
class Entry:
    """A subject that is made when its turn comes."""

    name: str
    kind: str  # honest, or attack
    says: str
    make: Callable[[], Subject]
    footage: bool = False
    live: bool = False  # some of its scripts are run end to end too
    times: int = 1  # as many checks as are asked for, times this: what is rare needs more


class World(Studio):
    """All rows, made of what the studio has."""

    # the honest

    def tests_actor(self) -> Subject:
        """The tests' own actor, enrolled and acting."""
        film, enrolled = self.cast, self.enrolled_by(self.cast)
        return Subject(film, self.read(film), lambda rng: (Answering(film, rng), enrolled))

    def actor(self) -> Subject:
        """The learner, enrolled and acting."""
        return self.answering(self.learner, (0.9, 0.35))

    def actors(self) -> Subject:
        """Other people, each enrolled by another photograph than the one that acts."""
        film, readings = self.joined(*self.others)
        portraits = [self.embedding_of(enrolled) for _, enrolled in PEOPLE]

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n = int(rng.integers(len(PEOPLE)))
            return Answering(film, rng, choose=lambda action: f"{n}:{action}", rest=f"{n}:{REST}"), portraits[n]

        return Subject(film, readings, cast)

    def careless(self) -> Subject:
        """The learner in a hurry and in poor light: half an action now and then."""
        mesh = Mesh(self.portrait)
        film = self.film("careless", lambda: performed(mesh, 2, low=0.5, high=1.1, light=0.55))
        return self.answering(film, (0.8, 0.6))

    def real(self, *, fitting: bool = True) -> Subject:
        """Real persons, one action a script: it is the one their clip shows, or it isn't."""
        film = self.film("footage", self._real_takes)
        readings = self.read(film)
        clips = {action: n for n, action in enumerate(TAKES_IN_FOOTAGE)}
        chosen: list[Action] = []  # of the script that was drawn last

        def draw(rng: Rng) -> list[Script]:
            chosen[:] = [TAKES_IN_FOOTAGE[rng.integers(len(clips))]]
            wrong = [action for action in Action if action is not chosen[0]]
            asked = chosen[0] if fitting else wrong[rng.integers(len(wrong))]
            return [Script([Step(asked, int(rng.integers(500, 2_000)))])]

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n, action = clips[chosen[0]], chosen[0]
            rest = film.parts[f"{n}:{REST}"][0]
            found = [readings[number].embedding for number in rest]
            enrolled = centre([embedding for embedding in found if embedding is not None])
            return Answering(film, rng, choose=lambda _: f"{n}:{action}", rest=f"{n}:{REST}"), enrolled

        return Subject(film, readings, cast, draw)

    def _real_takes(self) -> Film:
        turn = frames(self.at("turn_left_right.gif"), size=1.6)
        mouth = frames(self.at("mouth_open.mp4"), 1.6, 3.7)
        eyes = frames(self.at("small_turns.mp4"), 2.8, 4.6)
        front, closed = [turn[7]] * 8, eyes[4:]
        shown: dict[Action, tuple[list[Picture], list[Picture]]] = {
            Action.TURN_LEFT: (front, [*turn[7:13], *turn[12:6:-1]]),
            Action.TURN_RIGHT: (front, [*turn[7:1:-1], *turn[2:8]]),
            Action.OPEN_MOUTH: ([*mouth[:4], *mouth[3::-1]], mouth[4:]),
            Action.CLOSE_EYES: ([*eyes[:4], *eyes[3::-1]], [*closed, *closed[::-1]]),
        }
        films = []
        for action, (rest, take) in shown.items():
            cutter = Cutter()
            cutter.add(REST, rest * 2)
            cutter.add(action, take)
            cutter.add(None, rest)
            films.append(cutter.film)
        return attacks.joined(*films)

    # attacks

    def answering(self, film: Film, reaction_s: tuple[float, float] = SMART) -> Subject:
        """Somebody who reads the prompts and answers with this film, before the learner's portrait."""
        return Subject(film, self.read(film), lambda rng: (Answering(film, rng, reaction_s=reaction_s), self.enrolled))

    def looping(self, film: Film, enrolled: Embedding | None = None) -> Subject:
        """A film that heeds no prompt, begun anywhere."""

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            loops = film.parts[attacks.LOOP]
            portrait = self.enrolled if enrolled is None else enrolled
            return Looping(loops[rng.integers(len(loops))], rng), portrait

        return Subject(film, self.read(film), cast)

    def still(self) -> Subject:
        """One picture for ever."""
        frozen = Film([self.cast.jpegs[0]] * 20, {attacks.LOOP: [list(range(20))]})
        return self.looping(frozen, self.enrolled_by(self.cast))

    def prints(self) -> Subject:
        """The learner's print in eight hands."""
        return self.looping(self.film("attack prints", lambda: attacks.prints(self.portrait, list(VARIANTS), 3)))

    def tilted(self) -> Subject:
        """A print tilted as asked."""
        return self.answering(self.film("attack tilted", lambda: attacks.tilted_as_asked(self.portrait, 4)))

    def bent(self) -> Subject:
        """A print bent as asked."""
        return self.answering(self.film("attack bent", lambda: attacks.bent_as_asked(self.portrait, 5)))

    def cut_out(self) -> Subject:
        """A print with real eyes and a real mouth behind it."""

        def make() -> Film:
            mouths = frames(self.at("mouth_open.mp4"), 1.6, 3.7)
            eyes = frames(self.at("small_turns.mp4"), 2.8, 4.6)
            return attacks.cut_out(self.portrait, mouths, [*eyes[2:], *eyes[:1:-1]], 6)

        return self.answering(self.film("attack cut-out", make))

    def looped_clip(self) -> Subject:
        """Every action, one after the other, again and again."""
        parts = self.learner.parts
        order = [Action.NOD, Action.TURN_LEFT, Action.OPEN_MOUTH, Action.TURN_RIGHT, Action.CLOSE_EYES]
        numbers = [
            number for n, action in enumerate(order) for number in (*parts[REST][n % 2][:12], *parts[action][n % 4])
        ]
        film = Film([self.learner.jpegs[number] for number in numbers], {attacks.LOOP: [list(range(len(numbers)))]})
        return self.looping(film)

    def replay(self) -> Subject:
        """An earlier pass, injected."""
        return self._replay(self.recordings[0])

    def screen_replay(self) -> Subject:
        """An earlier pass, filmed from a screen."""
        return self._replay(self.film("attack screen recording", lambda: attacks.on_a_screen(self.recordings[0], 8)))

    def _replay(self, shown: Film) -> Subject:
        """An earlier pass, played from its first prompt on; the recording is chosen blindly."""
        _, began = self.recordings

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n = int(rng.integers(len(began)))
            return Replaying(shown.parts["recording"][n], began[n], rng), self.enrolled

        return Subject(shown, self.read(shown), cast)

    def animated(self) -> Subject:
        """An animated portrait, or takes of earlier checks injected as asked: to the stream they are the learner."""
        return self.answering(self.learner)

    def on_demand(self) -> Subject:
        """Takes of earlier checks, the right one played at each prompt."""
        return self.answering(self.film("attack screen", lambda: attacks.on_a_screen(self.learner, 9)))

    def hasty(self) -> Subject:
        """A program that answers in the very frame of the prompt."""
        film = self.learner

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            return Answering(film, rng, reaction_s=(0.0, 0.0), soonest_s=0.0), self.enrolled

        return Subject(film, self.read(film), cast)

    def rendered(self) -> Subject:
        """A shaded mesh face."""
        return self.answering(self.film("rendered", lambda: performed(Rendered(self.portrait), 7, takes=3)))

    def talking(self) -> Subject:
        """A real person who talks, enrolled by another picture."""
        return self._talking("person_a_live.mov", "portraits/person_a_1")

    def rendered_clip(self) -> Subject:
        """A rendered person who talks, enrolled by the same clip."""
        return self._talking("rendered_face.mp4", None)

    def _talking(self, name: str, enrolled: str | None) -> Subject:

        def make() -> Film:
            cutter = Cutter()
            cutter.add(attacks.LOOP, frames(self.at(name)))
            return cutter.film

        film = self.film(f"talking {name}", make)
        found = [reading.embedding for reading in self.read(film)[:20]]
        own = centre([embedding for embedding in found if embedding is not None])
        return self.looping(film, own if enrolled is None else self.embedding_of(enrolled))

    def second(self) -> Subject:
        """Other people, doing everything right, before the learner's portrait."""
        film, readings = self.joined(*self.others)

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n = int(rng.integers(len(PEOPLE)))
            return Answering(film, rng, choose=lambda action: f"{n}:{action}", rest=f"{n}:{REST}"), self.enrolled

        return Subject(film, readings, cast)

    def handed_over(self, at_index: int) -> Subject:
        """The learner until a step, somebody else from then on."""
        film, readings = self.joined(self.learner, *self.others)

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n = 1 + int(rng.integers(len(PEOPLE)))
            first = Answering(film, rng, choose=lambda action: f"0:{action}", rest=f"0:{REST}")
            second = Answering(film, rng, choose=lambda action: f"{n}:{action}", rest=f"{n}:{REST}")
            return HandingOver(first, second, at_index), self.enrolled

        return Subject(film, readings, cast)

    def relayed(self) -> Subject:
        """Pictures of the learner at rest, somebody else's live face under each prompt."""
        film, readings = self.joined(*(attacks.relayed(self.learner, other) for other in self.others))

        def cast(rng: Rng) -> tuple[Player, Embedding]:
            n = int(rng.integers(len(PEOPLE)))
            return Answering(
                film, rng, choose=lambda a: f"{n}:{a}", rest=f"{n}:{REST}", reaction_s=SMART
            ), self.enrolled

        return Subject(film, readings, cast)

    def entries(self) -> list[Entry]:
        """Return all rows."""
        return [
            Entry("honest", HONEST, "the enrolled person (drawn), at a person's pace and size", self.actor, live=True),
            Entry("honest_others", HONEST, "four more, enrolled by another photograph", self.actors, True, live=True),
            Entry("actor", HONEST, "the tests' own actor, every take the same", self.tests_actor),
            Entry("honest_careless", HONEST, "in a hurry, in poor light, actions down to half size", self.careless),
            Entry("real", HONEST, "real persons, one action a script: the one shown", self.real, True, live=True),
            Entry("real_wrong", ATTACK, "real persons, another action than asked", partial(self.real, fitting=False), True),
            Entry("still", ATTACK, "one picture for ever", self.still),
            Entry("print", ATTACK, "a print in eight hands", self.prints, live=True),
            Entry("print_tilted", ATTACK, "a print tilted as asked, eyes and mouth live in its holes", self.tilted),
            Entry("print_bent", ATTACK, "the same, rolled round and turned as asked", self.bent),
            Entry("cut_out", ATTACK, "a print, real eyes and a real mouth behind it", self.cut_out, True, live=True),
            Entry("looped_clip", ATTACK, "a clip with every action, in a loop", self.looped_clip, live=True, times=5),
            Entry("talking", ATTACK, "a stolen clip of the learner talking", self.talking, True),
            Entry("replay", ATTACK, "an earlier pass, injected frame by frame", self.replay, live=True, times=5),
            Entry("replay_screen", ATTACK, "an earlier pass, filmed from a screen", self.screen_replay, times=5),
            Entry("second_person", ATTACK, "another person does what is asked", self.second, True, live=True),
            Entry("handed_over", ATTACK, "another person from the second action on", partial(self.handed_over, 1), True),
            Entry("handed_over_late", ATTACK, "another person for the last action", partial(self.handed_over, 2), True),
            Entry("relayed", ATTACK, "a picture of the learner at rest, another's face at each prompt", self.relayed, True,
                  live=True),
            Entry("mesh_at_once", ATTACK, "an animated portrait that answers in the prompt's own frame", self.hasty),
            Entry("mesh", ATTACK, "an animated portrait that waits as a person would", self.animated, live=True),
            Entry("rendered", ATTACK, "a rendered face, driven by the prompts", self.rendered, live=True),
            Entry("rendered_talking", ATTACK, "a rendered person who talks (a real sample)", self.rendered_clip, True),
            Entry("on_demand_screen", ATTACK, "filmed actions, the right one played at each prompt on a screen",
                  self.on_demand, live=True),
        ]  # fmt: skip


def world() -> World:
    """Return the world of this machine: with or without footage."""
    footage = Path(os.environ.get("ANXUE_FOOTAGE", ROOT.parent / "shared" / "footage"))
    return World(Cache(), footage if footage.is_dir() else None)


def prepare(name: str) -> str:
    """Film and measure one subject into the cache; runs in a process of its own."""
    next(entry for entry in world().entries() if entry.name == name).make()
    return name
