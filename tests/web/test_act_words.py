"""Every act, reason, alert, appeal and decision has its words, and the page offers what the server takes."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from classroom.appeals.rules import AppealReason, AppealState, DecisionReason, Step
from classroom.supervision.rules import SEVERITY, TOLD, Act, ActReason, AlertOutcome, AlertState, Severity

PAGE = Path(__file__).resolve().parents[2] / "web" / "ui" / "src"
WORDS = (PAGE / "locales" / "acts.zh-CN.ts").read_text()
OFFERED = (PAGE / "wall" / "api.ts").read_text() + (PAGE / "appeal" / "store.ts").read_text()


def group(*path: str) -> str:
    """The text of a group of the locale."""
    text = WORDS
    for name in path:
        found = re.search(rf"^( +){name}: \{{(.*?)^\1\}}", text, re.DOTALL | re.MULTILINE)
        assert found is not None, name
        text = found[2]
    return text


def has(text: str, code: str) -> bool:
    return re.search(rf"\b{code}: \"[^\"]*\"", text) is not None


@pytest.mark.parametrize(
    ("codes", "path"),
    [
        (Act, ("act",)),
        (Act, ("actDo",)),
        (ActReason, ("reason",)),
        (AlertOutcome, ("alert", "outcome")),
        (AppealReason, ("appeal", "reason")),
        (DecisionReason, ("appeal", "decision")),
    ],
)
def test_every_code_has_its_words(codes: type[StrEnum], path: tuple[str, ...]) -> None:
    assert [one for one in codes if not has(group(*path), one)] == []


def test_every_alert_a_transition_can_raise_is_named() -> None:
    assert [kind for kind in SEVERITY if not has(group("alert", "kind"), kind)] == []


@pytest.mark.parametrize(
    ("codes", "path"),
    [
        (list(Severity), ("alert",)),
        (list(AlertState), ("alert",)),
        (list(Step), ("appeal",)),
        ([one for one in AppealState if one is not AppealState.GRANTING], ("appeal",)),  # shown as proposed
    ],
)
def test_every_state_is_named(codes: list[str], path: tuple[str, ...]) -> None:
    assert [one for one in codes if not has(group(*path), one)] == []


def test_what_a_learner_is_told_has_a_sentence() -> None:
    assert [act for act in TOLD if not has(group("note", "text"), act)] == []


@pytest.mark.parametrize("codes", [Act, ActReason, AlertOutcome, DecisionReason, AppealReason])
def test_the_page_offers_what_the_server_takes(codes: type[StrEnum]) -> None:
    assert [one for one in codes if f'"{one}"' not in OFFERED] == []
