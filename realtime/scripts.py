"""Draws what a check asks for: nobody, the learner's device included, can know it before its prompt."""

import secrets
from collections.abc import Sequence

from verify.protocol import Action, Script, Step

ACTIONS_A_SCRIPT = 3
GAP_MS = (500, 2_000)

_random = secrets.SystemRandom()


def draw_scripts(tries: int, asked: Sequence[str] = tuple(Action)) -> list[Script]:
    """One script a try: three different actions of those asked, in random order, 0.5 to 2 s of neutral face before each.

    No order comes twice in one check, so that what was filmed in a lost try fits none that follows. Chance fits one in
    60 of five actions, one in 24 of four, one in 6 of three.
    """
    may_ask = [Action(one) for one in asked]
    scripts: list[Script] = []
    drawn: set[tuple[Action, ...]] = set()
    while len(scripts) < tries:
        actions = tuple(_random.sample(may_ask, ACTIONS_A_SCRIPT))
        if actions not in drawn:
            drawn.add(actions)
            scripts.append(Script(steps=[Step(action=action, gap_ms=_random.randint(*GAP_MS)) for action in actions]))
    return scripts
