"""Chosen moments: whoever isn't there when a moment is drawn has nothing counted, by whatever pattern they leave and return.

The one who studies passes every login and resume check (they come when called), and never a drawn one. Each life is judged by
the witness at every event: what is counted was held, and confirmed by a drawn, closing or asked pass, no lost check between.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from classroom.attendance.state import midnight_after
from tests.attendance.absent import CHOSEN, Absent, Strategy
from tests.attendance.desk import NINE, Desk, ms

LIVES = 40  # of five minutes' lesson each
A_LIFE_MS = 900_000
AND_CLOSING = CHOSEN | {"closing"}


def every(seconds: float, how: str) -> Callable[[Absent], str | None]:
    return lambda life: how if life.watched_ms - life.since_ms >= seconds * 1_000 else None


def at_random(share: float, *ways: str) -> Callable[[Absent], str | None]:
    return lambda life: life.rng.choice(ways) if life.rng.random() < share else None


WAYS = ("pause", "hide", "step out", "cut", "sign out", "lesson")
STRATEGIES = [
    Strategy("swallows the push"),
    Strategy("acts wrongly", at_push="acts wrongly"),
    Strategy("hides at the push", at_push="hides"),
    Strategy("leaves at the push", at_push="steps out"),
    Strategy("takes over at the push", at_push="takes over"),
    Strategy("kills the decoder", at_push="kills the decoder"),
    Strategy("signs out before a minute is over", every(55, "sign out")),
    Strategy("pauses before a minute is over", every(55, "pause")),
    Strategy("hides every half minute", every(30, "hide"), at_push="hides"),
    Strategy("loses the line every twenty seconds", every(20, "cut")),
    Strategy("takes over every two minutes", every(120, "take over"), at_push="takes over"),
    Strategy("changes lessons", every(40, "lesson")),
    Strategy("asks to be asked", every(100, "asks"), at_push="steps out"),
    Strategy("leaves at random", at_random(0.1, *WAYS)),
    Strategy("cuts the line at the push", at_push="cuts the line", step_ms=1_000),
    Strategy("cuts the line at random, and at the push", at_random(0.05, *WAYS), at_push="cuts the line"),
    Strategy("pauses every second", every(1, "pause"), step_ms=1_000),
    Strategy("crashes us at the push", at_push="is crashed"),
    Strategy("leaves when it must wait", at_push="leaves when it waits", busy=0.4),
]
AT_ONCE, SOMETIMES, NEVER = 0.5, 0.02, 0.0  # how often a proctor is free within five seconds
BY_PERSON = [  # whoever asks for a person to dodge a drawn moment
    Strategy("asks for a person, and isn't there", every(20, "ask a person"), called=AT_ONCE),
    Strategy("asks, withdraws when told to wait", every(20, "ask a person"), called=NEVER, at_wait="withdraw"),
    Strategy("asks, signs out when told to wait", every(20, "ask a person"), called=SOMETIMES, at_wait="sign out"),
    Strategy("asks, signs out and withdraws", every(20, "ask a person"), called=NEVER, at_wait="sign out and withdraw"),
    Strategy("asks, hides when told to wait", every(20, "ask a person"), called=SOMETIMES, at_wait="hide"),
    Strategy("asks and withdraws at random", at_random(0.1, "ask a person", "withdraw"), called=SOMETIMES),
    Strategy(
        "does all of it", at_random(0.15, *WAYS, "ask a person", "withdraw"), called=SOMETIMES, at_wait="withdraw"
    ),
]


@pytest.mark.parametrize("comes_for", [CHOSEN, AND_CLOSING], ids=["never comes", "comes for the closing check"])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)
def test_no_pattern_of_leaving_has_anything_counted(strategy: Strategy, comes_for: frozenset[str]) -> None:
    """regulation.md 2.2: the rate of counted seconds of somebody absent is nothing, whatever the strategy."""
    lives = [
        Absent(replace(strategy, comes_for=comes_for), seed, length_ms=300_000).lives(A_LIFE_MS)
        for seed in range(LIVES)
    ]

    assert sum(life.watched_ms for life in lives) > LIVES * 30_000  # they did study
    assert [life.counted_ms for life in lives] == [0] * LIVES


@pytest.mark.parametrize("rules", [{}, {"drawn_to_ms": 120_000, "interval_ms": 300_000, "held_most_ms": 300_000}])
@pytest.mark.parametrize("comes_for", [CHOSEN, AND_CLOSING], ids=["never comes", "comes for the closing check"])
@pytest.mark.parametrize("strategy", BY_PERSON, ids=lambda one: one.name)
def test_asking_for_a_person_dodges_no_drawn_moment(
    strategy: Strategy, comes_for: frozenset[str], rules: dict[str, int]
) -> None:
    """Rule 8, ADR 21: a moment that came while a person was waited for is confirmed by that person, or by a later draw."""
    lives = [
        Absent(replace(strategy, comes_for=comes_for), seed, length_ms=300_000, **rules).lives(A_LIFE_MS + 600_000)
        for seed in range(LIVES)
    ]

    assert sum(life.watched_ms for life in lives) > LIVES * 30_000
    assert sum(life.requests for life in lives) >= LIVES // 2
    assert [life.counted_ms for life in lives] == [0] * LIVES


def test_a_call_that_was_let_pass_confirms_nothing_later() -> None:
    """Waiting costs nothing, but whoever lets calls pass until it suits them has chosen the moment."""
    picks = Strategy(
        "comes at the second call", every(20, "ask a person"), called=0.1,
        comes_for=AND_CLOSING | {"person at the second call"},
    )  # fmt: skip
    lives = [
        Absent(picks, seed, length_ms=300_000, interval_ms=300_000, drawn_to_ms=120_000, held_most_ms=300_000).lives(
            3_600_000
        )
        for seed in range(LIVES)
    ]

    assert sum(life.calls for life in lives) > LIVES
    assert [life.counted_ms for life in lives] == [0] * LIVES


@pytest.mark.parametrize("at_push", ["is crashed", "cuts the line", "kills the decoder"])
def test_held_time_never_piles_up_over_the_limit(at_push: str) -> None:
    """Rules 3 and 7: swallowed or crashed checks, ours too: 900 s at most, and nothing counts without a check."""
    piles = Strategy("piles up", at_random(0.02, "crash", "cut"), at_push=at_push, busy=0.2)
    lives = [Absent(piles, seed, length_ms=5_400_000).lives(7_200_000) for seed in range(6)]

    for life in lives:  # at every event the witness saw held <= 900 s
        assert life.counted_ms == 0
        assert life.state.held_ms <= 900_000
    if at_push == "is crashed":
        assert max(life.state.held_ms for life in lives) > 800_000  # the limit was reached


def test_a_check_that_was_due_unseen_is_due_still() -> None:
    """Rule 5: the drawn moment survives the pause; the next Play brings the check, of its own kind."""
    desk = Desk(2_700, draw=100)
    desk.studies(0)
    desk.watches(100)
    assert desk.requested[-1] == "drawn"
    desk.pauses(100.05, 100)
    desk.plays(160)
    assert desk.requested[-1] == "drawn"
    assert desk.now == ("studying", None)  # no page was told


def test_a_session_over_midnight_uses_the_cap_of_each_day() -> None:
    """Rule 10, 2.2.2 d: the daily cap splits at midnight in Guangdong, within one stretch of playback."""
    start = (midnight_after(NINE) - NINE) / 1000 - 150
    desk = Desk(2_700, draw=800, daily_cap_ms=ms(160)).studies(start)

    desk.watches(start + 210)

    settled = desk.settled(start + 210).state
    before, after = settled.held
    assert (before.ms, after.ms, after.day - before.day) == (ms(150), ms(60), 1)
    assert settled.used_today_ms == ms(60)
    desk.watches(start + 330)
    assert desk.settled(start + 330).state.used_today_ms == ms(160)  # and not a second more


def test_the_day_that_is_used_up_earns_nothing_until_midnight() -> None:
    """The cap of the new day isn't there before it."""
    start = (midnight_after(NINE) - NINE) / 1000 - 150
    desk = Desk(2_700, draw=800, daily_cap_ms=ms(100)).studies(start)

    desk.watches(start + 145)

    assert desk.settled(start + 145).state.held_ms == ms(100)
