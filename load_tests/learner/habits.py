"""What kind of person a simulated learner is."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Habits:
    """Times in seconds; means of what is drawn anew each time. None: never."""

    reacts_s: float = 2.0  # to what the page says
    camera: str = "passes"  # what the camera shows: a word of the stand-in
    acts_s: float = 8.0  # to do the three actions
    lapse: str | None = None  # what it shows instead, sometimes
    lapses: float = 0.0  # in this share of checks
    pauses_every_s: float | None = None
    pauses_s: float = 30.0
    hides: bool = False  # looks at another tab, where others press pause
    again: bool = False  # begins anew after the last lesson


HONEST = Habits()


def somebody(draws: np.random.Generator) -> Habits:
    """One of many, as a class has them: most study on, some are restless, a few fail or miss a check."""
    kind = draws.random()
    plain = Habits(reacts_s=float(draws.uniform(1, 6)), acts_s=float(draws.uniform(5, 14)))
    if kind < 0.70:
        return replace(plain, pauses_every_s=900, pauses_s=60)
    if kind < 0.82:
        return replace(plain, pauses_every_s=180, pauses_s=40, hides=True)
    if kind < 0.90:
        return replace(plain, pauses_every_s=400, pauses_s=240)
    if kind < 0.96:
        return replace(plain, lapse="fails", lapses=0.4)
    return replace(plain, lapse="nobody", lapses=0.4)
