"""The law's bounds are refused at start; the behaviour table can be softened only where no row decides."""

import pytest

from classroom.attendance.behaviour import BY_CODE, TABLE, Reaction, reaction_to, refusal_of
from classroom.attendance.rules import Rules, RulesError, rules_from


def test_the_defaults_are_those_of_the_design() -> None:
    rules = Rules()

    assert (rules.heartbeat_ms, rules.report_gap_ms, rules.drawn_from_ms, rules.drawn_to_ms) == (
        5_000,
        15_000,
        60_000,
        815_000,
    )
    assert (rules.camera_ms, rules.window_ms, rules.margin_ms, rules.held_most_ms) == (15_000, 60_000, 10_000, 900_000)
    assert (rules.tries, rules.action_ms, rules.blur_ms) == (3, 8_000, 1_500)
    assert (rules.idle_ms, rules.idle_warning_ms, rules.daily_cap_ms) == (900_000, 60_000, 28_800_000)
    assert (rules.failed_checks_a_day, rules.void_held_on_failure) == (6, True)
    assert rules.forced_ms == 815_000


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("interval_ms", "900001", "RULE_INTERVAL"),  # row 10: at most 15 minutes
        ("held_most_ms", "900001", "RULE_HELD"),
        ("window_ms", "900000", "RULE_WINDOW"),
        ("window_ms", "60001", "RULE_DRAWN"),
        ("drawn_to_ms", "815001", "RULE_DRAWN"),
        ("drawn_from_ms", "815000", "RULE_DRAWN"),
        ("tries", "0", "RULE_TRIES"),
        ("tries", "6", "RULE_TRIES"),
        ("heartbeat_ms", "7501", "RULE_HEARTBEAT"),
        ("idle_warning_ms", "900000", "RULE_IDLE"),
        ("failed_checks_a_day", "0", "RULE_FAILED"),
        ("daily_cap_ms", "-1", "RULE_NEGATIVE"),
        ("no_such_rule", "1", "RULE_UNKNOWN"),
        ("tries", "three", "RULE_NONSENSE"),
        ("void_held_on_failure", "perhaps", "RULE_NONSENSE"),
        ("reactions", "page_hidden=flag", "RULE_BEHAVIOUR"),  # row 31 leaves no choice
        ("reactions", "window_blurred=refuse", "RULE_BEHAVIOUR"),
        ("reactions", "sleeping=flag", "RULE_BEHAVIOUR"),
    ],
)
def test_what_the_law_or_the_design_forbids_is_refused_by_its_code(name: str, value: str, code: str) -> None:
    with pytest.raises(RulesError) as refused:
        rules_from({name: value})

    assert refused.value.code == code
    assert str(refused.value)


def test_settings_are_read_by_the_names_of_their_rules() -> None:
    rules = rules_from(
        {
            "idle_ms": "90000",
            "void_held_on_failure": "False",
            "reactions": "window_blurred=flag, ",
            "drawn_to_ms": "100000",
        }
    )

    assert rules == Rules(
        idle_ms=90_000, void_held_on_failure=False, reactions=(("window_blurred", "flag"),), drawn_to_ms=100_000
    )


def test_every_behaviour_has_a_reaction_and_a_prompt() -> None:
    """Row 29: behaviour is managed, and the learner is told."""
    assert all(one.prompt for one in TABLE)
    assert len(BY_CODE) == len(TABLE)
    assert reaction_to("window_blurred", ()) is Reaction.PAUSE
    assert reaction_to("window_blurred", (("window_blurred", "flag"),)) is Reaction.FLAG
    assert refusal_of((("window_blurred", "flag"),)) is None
