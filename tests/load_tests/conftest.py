"""A page of the load client that a test talks to."""

import msgspec
import pytest

from load_tests.learner.page import Page
from realtime import protocol as p

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(p.FromPage)


class Talk:
    """What a server would say to the page, and what the page says; the clock is the test's."""

    def __init__(self) -> None:
        self.page = Page("class")
        self.now = 0.0
        self.heard: list[p.FromPage] = []
        self._seq = 0

    def say(self, message: p.ToPage) -> list[p.FromPage]:
        """The page hears it; what it answers at once."""
        if hasattr(message, "seq"):
            self._seq += 1
            message = msgspec.structs.replace(message, seq=self._seq)
        self.page.hear(_encode(message).decode(), self.now)
        return self.said()

    def said(self) -> list[p.FromPage]:
        """What the page wants to send now."""
        found = [_decoder.decode(text) for text in self.page.said()]
        self.heard += found
        return found

    def wait(self, kind: type[p.FromPage], within_s: float = 60) -> p.FromPage:
        """Let time pass until the page says such a thing."""
        until = self.now + within_s
        while self.page.due_at < until:
            self.now = max(self.now, self.page.due_at)
            self.page.wake(self.now)
            for message in self.said():
                if isinstance(message, kind):
                    return message
        raise AssertionError(f"no {kind.__name__} in {within_s} s; said: {self.heard}")

    def view(self, **changed: object) -> p.View:
        """A View with nothing in it but what is named."""
        plain = {
            "seq": 0, "as_of_ms": 0, "phase": "browsing", "reason": None, "here": True, "elsewhere": False,
            "portrait": "active", "session_id": "s", "started_at_ms": 0, "ended_at_ms": None, "lesson_id": None,
            "lessons": [p.LessonView("l", "", 60_000, 0, 0, 0, False)], "times": None, "today_ms": 0,
            "cap_ms": 28_800_000, "held_ms": 0, "idle_at_ms": None, "failures_left": 6, "check": None,
            "retry_after_ms": None, "last_check_id": None, "last_outcome": None, "last_outcome_reason": None,
            "last_cost_ms": 0, "lost": None, "drawn_only": False, "by_person": None,
        }  # fmt: skip
        return p.View(**(plain | changed))  # type: ignore[arg-type]

    def study(self) -> None:
        """Into a lesson, playing, all of it buffered."""
        self.page.connected(self.now)
        self.say(p.Welcome(1, 0, "token", 5_000, 60_000, 1_500, [], "stream", 0))
        self.say(self.view())
        self.wait(p.OpenLesson)
        self.say(p.LessonOpened(0, "l", "/m", 0, 60_000))
        self.page.buffered(60_000, self.now)
        self.wait(p.Play)
        self.say(self.view(phase="studying", lesson_id="l"))


@pytest.fixture
def talk() -> Talk:
    """A page that was just opened."""
    return Talk()
