"""Every code that can reach a person has its words: what happened, what to do, what it cost (ux rule 3)."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from classroom.attendance import events
from classroom.people import notice
from classroom.people.rules import NOTICE_VERSION
from realtime import protocol
from tests.cast import Cast
from tests.web.conftest import Browser
from verify.protocol import Reason
from web.errors import CODES

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "web" / "ui" / "src" / "locales"
REFUSALS: dict[str, dict[str, str]] = json.loads((LOCALES / "refusals.zh-CN.json").read_text())
CHINESE = (LOCALES / "zh-CN.ts").read_text()
CAUSES = (
    *("TAKEN_OVER", "DISCONNECTED", "SYSTEM_ERROR", "PROVIDER_DOWN", "NO_CAMERA", "ENROLMENT_NOT_ALLOWED"),
    *("NOT_ANSWERED", "PERSON_GONE", "NOT_THE_LEARNER", "NOT_ALONE", "OTHER"),
)


def group(name: str) -> str:
    """The text of one group of the locale, at whatever depth."""
    found = re.search(rf"\n( +){name}: \{{\n(.*?)\n\1\}}", CHINESE, re.DOTALL)
    assert found is not None, name
    return found[2]


def has(name: str, code: str) -> bool:
    return re.search(rf"\b{code}: \"[^\"]+\"", group(name)) is not None


def of_socket() -> set[str]:
    closes = {name for name in vars(protocol) if name.startswith("CLOSE_")}
    return {*get_args(protocol.RefusalCode), *get_args(protocol.SeekReason), *closes}


@pytest.mark.parametrize("code", sorted({*of_socket(), *CODES, "NETWORK", "other"}))
def test_every_refusal_says_what_happened_what_to_do_and_what_it_cost(code: str) -> None:
    words = REFUSALS[code]

    assert set(words) == {"what", "do", "cost"}
    for part in words.values():
        assert part.endswith("。")
        assert not re.search(r"[A-Z_]{4,}|\d{7,}", part), "codes stand below, and no number to call (row 14)"


def test_the_english_of_the_notice_is_of_the_notice_in_force() -> None:
    """A translation of another version isn't shown: whoever changes the notice translates it anew."""
    english = json.loads((LOCALES.parent / "consent" / "notice.en.json").read_text())

    assert english["version"] == NOTICE_VERSION
    assert len(english["paragraphs"]) == len(notice.PARAGRAPHS)


def test_no_words_are_kept_for_codes_that_nobody_says() -> None:
    assert set(REFUSALS) == {*of_socket(), *CODES, "NETWORK", "other"}


def test_the_core_refuses_only_by_codes_that_the_protocol_knows() -> None:
    assert set(get_args(events.Refusal)) <= set(get_args(protocol.RefusalCode))


def test_http_refuses_only_by_codes_that_the_document_lists() -> None:
    """The codes are looked for in the sources: whoever adds one must name it, and give it words."""
    said = set()
    for path in [
        *(ROOT / "web").glob("*.py"),
        *(ROOT / "web" / "api").glob("*.py"),
        *(ROOT / "classroom").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Refusal", "answer"):
                said |= {one.value for one in node.args[1:2] if isinstance(one, ast.Constant)}
            if isinstance(node, ast.ClassDef):
                said |= {
                    one.value.value
                    for one in node.body
                    if isinstance(one, ast.Assign)
                    and isinstance(one.targets[0], ast.Name)
                    and one.targets[0].id == "code"
                    and isinstance(one.value, ast.Constant)
                }
    assert said - {None} <= set(CODES)


async def test_the_apis_document_lists_the_codes(cast: Cast, browser: Callable[[], Browser]) -> None:
    document: dict[str, Any] = (await browser().get("/api/openapi.json")).json()

    assert document["components"]["schemas"]["Error"]["properties"]["code"]["enum"] == sorted(CODES)


@pytest.mark.parametrize("code", get_args(protocol.Reason))
def test_every_reason_of_the_vocabulary_has_its_label(code: str) -> None:
    ended = {"BY_LEARNER", "BY_STAFF", "IDLE", "CHECK_FAILED", "CHECK_MISSED", "TAKEN_OVER"}
    assert has("signedOut" if code in ended else "reason", code)
    if code in ended:
        assert has("text", code), "what the panel says"


@pytest.mark.parametrize("code", sorted({*(one.value for one in Reason), *CAUSES}))
def test_every_reason_of_a_lost_check_has_its_sentence(code: str) -> None:
    assert has("why", code)


@pytest.mark.parametrize("code", get_args(protocol.CheckKind))
def test_every_kind_of_check_has_its_title(code: str) -> None:
    assert f'{code}: "' in group("title")


@pytest.mark.parametrize("code", get_args(protocol.Outcome))
def test_every_outcome_has_its_words(code: str) -> None:
    assert has("verdict", code)
    assert has("result", code)


@pytest.mark.parametrize("code", get_args(protocol.Action))
def test_every_action_is_asked_for_and_named(code: str) -> None:
    assert has("action", code)
    assert has("actionName", code)


@pytest.mark.parametrize("code", get_args(protocol.CameraErrorCode))
def test_every_camera_error_says_how_to_help_oneself(code: str) -> None:
    assert re.search(rf'{code}: "[^"]+请[^"]+"', CHINESE)


@pytest.mark.parametrize("code", get_args(protocol.Phase))
def test_every_phase_has_its_label(code: str) -> None:
    assert has("phase", code)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_section_of_the_manual_has_its_picture(language: str) -> None:
    """They are made from a running demo by ``python -m tests.story.manual``."""
    page = (LOCALES.parent / "manual" / "ManualPage.vue").read_text()
    sections = set(re.findall(r'"(\w+)"', re.search(r"const SECTIONS = \[(.*?)\]", page)[1]))  # type: ignore[index]
    pictures = LOCALES.parents[1] / "public" / "manual" / language
    assert len(sections) == 10
    assert {one.stem for one in pictures.glob("*.webp")} == sections
