"""Section 5.1.1 (row 29) as a table: which behaviour is managed, how, and what the learner is told.

The annex' own text of 5.1.1 was not found; the table is a reconstruction. What a row of the checklist fixes can't be softened;
for the rest a setting chooses another reaction without a change of code (``ANXUE_RULES_REACTIONS=window_blurred=flag``).
"""

from dataclasses import dataclass
from enum import StrEnum


class Reaction(StrEnum):
    """What the server does."""

    PAUSE = "pause"  # earning stops, the page pauses
    SEEK_BACK = "seek_back"  # the stretch earns nothing, the page goes back to the earned point
    REFUSE = "refuse"
    TAKE_OVER = "take_over"  # the newer device, once it has passed its check; the older one stops
    WARN_AND_SIGN_OUT = "warn_and_sign_out"
    FAIL_CHECK = "fail_check"
    STOP_EARNING = "stop_earning"
    FLAG = "flag"  # a risk flag, which costs no second by itself


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row of the table."""

    code: str
    reaction: Reaction
    prompt: str  # what the page says; its locale file holds the same sentence
    fixed_by: str | None = None  # the row that leaves no choice


TABLE = (
    Behaviour("second_device", Reaction.TAKE_OVER, "您的账号已在其他设备继续学习", "5.1.1"),
    Behaviour("other_class", Reaction.REFUSE, "同一时间只能学习一门课程", "5.1.1"),
    Behaviour("fast_forward", Reaction.SEEK_BACK, "本课程不支持快进", "row 16, 2.1.2"),
    Behaviour("page_hidden", Reaction.PAUSE, "页面隐藏", "row 31"),
    Behaviour("window_blurred", Reaction.PAUSE, "窗口失去焦点"),
    Behaviour("idle", Reaction.WARN_AND_SIGN_OUT, "长时间未操作", "row 30"),
    Behaviour("check_failed", Reaction.FAIL_CHECK, "核验未通过，已签退", "row 30"),
    Behaviour("check_missed", Reaction.FAIL_CHECK, "未在规定时间内完成核验，已签退", "row 30"),
    Behaviour("daily_cap", Reaction.STOP_EARNING, "日累计时长超限", "row 18, 2.2.2 d"),
    Behaviour("wrong_picture", Reaction.FAIL_CHECK, "请不要使用照片、屏幕或虚拟摄像头", "row 10"),
)
BY_CODE = {behaviour.code: behaviour for behaviour in TABLE}
SOFTER = frozenset({Reaction.PAUSE, Reaction.FLAG})  # what a setting may choose where no row decides


def reaction_to(code: str, chosen: tuple[tuple[str, str], ...]) -> Reaction:
    """The reaction in force."""
    return Reaction(dict(chosen).get(code, BY_CODE[code].reaction))


def refusal_of(chosen: tuple[tuple[str, str], ...]) -> str | None:
    """Why these choices can't be made, or None."""
    for code, reaction in chosen:
        if code not in BY_CODE:
            return f"no behaviour is called {code}"
        if reaction not in set(SOFTER):
            return f"{code}: {reaction} isn't one of {', '.join(sorted(SOFTER))}"
        if BY_CODE[code].fixed_by is not None:
            return f"{code} is fixed by {BY_CODE[code].fixed_by}"
    return None
