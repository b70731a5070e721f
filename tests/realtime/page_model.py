"""What a page knows, as a pure function of what it was told: the protocol's meaning beside the protocol."""

from dataclasses import dataclass, replace
from typing import assert_never

import msgspec

from realtime import protocol as p

CLOCK = frozenset({"seq", "as_of_ms", "times", "retry_after_ms"})  # of a View: what moves while nothing is said

PROGRESS = frozenset({"lessons", "today_ms", "held_ms"})  # of a page that only looks on: it isn't told each heartbeat


@dataclass(frozen=True)
class Page:
    """A page from its hello on; a page that is reloaded begins with a new one."""

    seq: int = 0
    view: p.View | None = None
    lesson: p.LessonOpened | None = None
    check: p.CheckView | None = None  # on the overlay; also of a rehearsal, which no View names
    prompt: p.CheckPrompt | None = None
    verdicts: tuple[p.CheckEnded, ...] = ()


class GapError(AssertionError):
    """A message is missing or came twice."""


def apply(page: Page, message: p.ToPage) -> Page:
    """The page after this message."""
    if isinstance(message, p.Welcome):
        if message.resumed and message.after_seq != page.seq:
            raise GapError(f"{message.after_seq} instead of {page.seq}")
        return replace(page, seq=message.after_seq)
    if message.seq != page.seq + 1:
        raise GapError(f"{message.seq} after {page.seq}: {message}")
    page = replace(page, seq=message.seq)
    match message:
        case p.View():
            return _shown(page, message)
        case p.Beaten():
            return replace(page, view=None if page.view is None else _beaten(page.view, message))
        case p.LessonOpened():
            return replace(page, lesson=message)
        case p.CheckPushed(check=check):
            same = page.check is not None and page.check.check_id == check.check_id
            return replace(page, check=check, prompt=page.prompt if same else None)
        case p.CheckPrompt(check_id=check_id):
            return replace(page, prompt=message) if _open(page, check_id) else page
        case p.CheckStepSeen(check_id=check_id) | p.CheckTryFailed(check_id=check_id):
            return replace(page, prompt=None) if _open(page, check_id) else page
        case p.CheckEnded(check_id=check_id):
            verdicts = (*page.verdicts, message)
            if page.check is not None and not _open(page, check_id):
                return replace(page, verdicts=verdicts)
            return replace(page, check=None, prompt=None, verdicts=verdicts)
        case (
            p.Seek()
            | p.CheckAnswer()
            | p.PersonHere()
            | p.CheckHint()
            | p.IdleWarning()
            | p.News()
            | p.ReportNow()
            | p.Refused()
        ):
            return page  # they make the page do something; what holds is in the View
        case _:
            assert_never(message)


def _open(page: Page, check_id: str) -> bool:
    return page.check is not None and page.check.check_id == check_id


def _shown(page: Page, view: p.View) -> Page:
    other = page.view is not None and page.view.session_id != view.session_id
    gone = other or view.lesson_id is None or not view.here or view.phase == "signed_out"
    lesson = None if gone else page.lesson
    if page.check is not None and page.check.kind in ("practice", "enrol") and view.check is None:
        return replace(page, view=view, lesson=lesson)
    if view.check is None or not view.here:
        return replace(page, view=view, lesson=lesson, check=None, prompt=None)
    same = _open(page, view.check.check_id)
    return replace(page, view=view, lesson=lesson, check=view.check, prompt=page.prompt if same else None)


def _beaten(view: p.View, said: p.Beaten) -> p.View:
    lessons = [
        msgspec.structs.replace(one, earned_to_ms=said.earned_to_ms) if one.lesson_id == view.lesson_id else one
        for one in view.lessons
    ]
    return msgspec.structs.replace(
        view,
        lessons=lessons,
        as_of_ms=said.as_of_ms,
        times=said.times,
        today_ms=said.today_ms,
        held_ms=said.held_ms,
        idle_at_ms=said.idle_at_ms,
    )


def differences(known: p.View | None, fresh: p.View, *, ignored: frozenset[str]) -> dict[str, tuple[object, object]]:
    """Field -> what the page knows and what a fresh View says."""
    if known is None:
        return {"view": (None, fresh)}
    pairs = {name: (getattr(known, name), getattr(fresh, name)) for name in fresh.__struct_fields__}
    return {name: pair for name, pair in pairs.items() if name not in ignored and pair[0] != pair[1]}
