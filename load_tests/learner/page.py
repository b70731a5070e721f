"""The page and the person before it: messages in, messages out; no socket, and the time is passed (pure).

Whoever drives it sends what ``said`` gives, calls ``hear`` with what comes, ``wake`` at ``due_at``, fetches the media of
``opened`` and says so with ``buffered``; asyncio and gevent do that alike.
"""

from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any

import msgspec
import numpy as np

from load_tests.learner.habits import HONEST, Habits
from load_tests.learner.video import Video
from realtime import protocol as p

PATIENCE_S = 15.0  # until the same thing is asked again
WAITING = {"AWAITING_CHECK", "PROVIDER_DOWN", "PAUSED_BY_STAFF", "SUSPENDED"}  # the server goes on by itself
HOPELESS = {"PORTRAIT_NEEDED", "CONSENT_NEEDED", "FAILED_CHECKS_EXHAUSTED", "OTHER_CLASS"}

_decoder: msgspec.json.Decoder[p.ToPage] = msgspec.json.Decoder(p.ToPage)
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Trip:
    """Something was asked and answered."""

    what: str
    seconds: float


@dataclass(slots=True)
class Told:
    """What the server said, counted."""

    trips: list[Trip] = field(default_factory=list)  # taken by whoever wants them
    checks: list[tuple[str, str]] = field(default_factory=list)  # kind, outcome
    refusals: list[str] = field(default_factory=list)
    breaks: int = 0  # of the line, or by another device
    stops: int = 0  # of the video, and starts


class Page:
    """One tab of one learner in one class."""

    def __init__(
        self,
        class_id: str,
        habits: Habits = HONEST,
        draws: np.random.Generator | None = None,
        *,
        takes_over: bool = False,
    ) -> None:
        self.class_id = class_id
        self.habits = habits
        self.video = Video()
        self.told = Told()
        self.view: p.View | None = None
        self.opened: p.LessonOpened | None = None
        self.studies = True  # wants to; False signs out as soon as it may
        self.over: str | None = None  # why nothing more will happen
        self.online = False
        self.earned_ms: dict[str, int] = {}  # by lesson, as last told
        self._draws = np.random.default_rng() if draws is None else draws
        self._takes_over = takes_over
        self._aside = False
        self._welcome: p.Welcome | None = None
        self._stream: tuple[str, int] | None = None
        self._said: list[p.FromPage] = []
        self._asked: dict[str, float] = {}  # what isn't answered yet, and since when
        self._check: str | None = None
        self._played_in = ""  # phase and reason that Play was said in
        self._beat_at = inf
        self._act_at = inf  # when the person does what the page asks for
        self._offer_at = inf
        self._pause_at = inf

    # ---------------------------------------------------------------- the line

    def connected(self, now: float) -> None:
        """The socket is open."""
        self.online, self.view = True, None
        stream, seq = self._stream or (None, None)
        token = None if self._welcome is None else self._welcome.seat_token
        self._ask("hello", p.Hello(p.VERSION, self.class_id, seat_token=token, stream=stream, last_seq=seq), now)

    def lost(self, code: int | None, now: float) -> None:
        """The socket is closed, or broke; the page comes back by itself unless it is ``over``."""
        self.online = False
        self.told.breaks += 1
        self._stop(now)
        self._said.clear()
        self._asked.clear()
        self._beat_at = self._act_at = self._offer_at = inf
        self._check = None
        if code in (p.CLOSE_NOT_ENROLLED, p.CLOSE_UNAUTHENTICATED, p.CLOSE_VERSION, p.CLOSE_MALFORMED):
            self.over = f"closed with {code}"

    def said(self) -> list[str]:
        """What to send now, in this order."""
        if not self._said:
            return []
        texts = [_encode(message).decode() for message in self._said]
        self._said.clear()
        return texts

    # ---------------------------------------------------------------- time

    @property
    def due_at(self) -> float:
        """When to wake it."""
        ends_at = self.video.ends_at() if self.opened is not None else None
        at_end = inf if ends_at is None or not self._whole else ends_at
        return min(self._beat_at, self._act_at, self._offer_at, self._pause_at, at_end)

    @property
    def _whole(self) -> bool:
        return self.video.buffered_ms >= self.video.length_ms

    def wake(self, now: float) -> None:
        """Do what is due."""
        if not self.online:
            return
        if now >= self._offer_at:
            self._offer_at = inf
            self._offer(now)
        ends_at = self.video.ends_at()
        if self.opened is not None and ends_at is not None and self._whole and now >= ends_at:
            self.beat(now, playing=False)
            self._stop(now)
        if now >= self._beat_at:
            self.beat(now)
        if now >= self._pause_at:
            self._pause(now)
        if now >= self._act_at:
            self._act_at = inf
            self._act(now)

    def beat(self, now: float, *, playing: bool | None = None) -> None:
        """The heartbeat."""
        running = self.video.running if playing is None else playing
        position = self.video.position_ms(now)
        self._ask("beat", p.Beat(position_ms=position, playing=running, interacted=True), now)
        if self._beat_at == inf:
            self._beat_at = now + self._heartbeat_s
        elif self._beat_at <= now:  # as a page's timer does it: being late once doesn't move those that follow
            self._beat_at += self._heartbeat_s * ceil((now - self._beat_at) / self._heartbeat_s + 1e-9)

    @property
    def _heartbeat_s(self) -> float:
        return 5.0 if self._welcome is None else self._welcome.heartbeat_ms / 1000

    def sign_out(self, now: float) -> None:
        """Leave for good, once no check is open."""
        self.studies = self._aside = False
        self._soon(now)

    def buffered(self, to_ms: float, now: float) -> None:
        """Media is here up to this position."""
        self.video.buffer(to_ms, now)
        if self._act_at == inf and not self.video.running:
            self._soon(now)

    # ---------------------------------------------------------------- what the server says

    def hear(self, text: str, now: float) -> p.ToPage:
        """One message of the socket."""
        message = _decoder.decode(text)
        if (seq := getattr(message, "seq", 0)) and self._stream is not None:
            self._stream = self._stream[0], seq
        match message:
            case p.Welcome():
                self._welcome, self._stream = message, (message.stream, message.after_seq)
            case p.View():
                self._answered(now, "hello", "beat")
                self._show(message, now)
            case p.Beaten():
                self._answered(now, "beat")
                if self.opened is not None:
                    self.earned_ms[self.opened.lesson_id] = message.earned_to_ms
            case p.LessonOpened():
                self._answered(now, "open_lesson")
                self.opened = message
                self.video.load(message.length_ms, message.resume_ms, now)
                self._soon(now)
            case p.Seek(position_ms=position):
                self.video.jump(position, now)
                if self.video.running:
                    self._said.append(p.Play(position_ms=position))
            case p.CheckPushed(check=check):
                self._challenge(check, now)
            case p.CheckAnswer():
                self._answered(now, "check_offer")
            case p.CheckEnded(kind=kind, outcome=outcome):
                self.told.checks.append((kind, outcome))
                self._check, self._offer_at = None, inf
            case p.ReportNow():
                self.beat(now)
            case p.Refused(code=code, message_type=about):
                self._refused(code, about, now)
            case _:
                pass
        return message

    def _refused(self, code: str, about: str | None, now: float) -> None:
        self.told.refusals.append(code)
        if about is not None:
            self._answered(now, about)
        if code in HOPELESS:
            self.over = code
        self._soon(now)

    def _show(self, view: p.View, now: float) -> None:
        self.view = view
        self.earned_ms |= {one.lesson_id: one.earned_to_ms for one in view.lessons}
        if view.check is not None and view.here and view.check.check_id != self._check:
            self._challenge(view.check, now)
        if view.phase == "signed_out":
            self._answered(now, "sign_out")
        if "play" in self._asked and view.phase != "studying" and f"{view.phase} {view.reason}" == self._played_in:
            return  # said before our Play was heard
        self._answered(now, "play")
        if view.here:
            self._takes_over = False
        if view.phase == "studying" and view.here:
            if not self.video.running and self.opened is not None:
                self._soon(now)
            elif self._pause_at == inf and self.habits.pauses_every_s is not None:
                self._pause_at = now + self._about(self.habits.pauses_every_s)
            return
        self._pause_at = inf
        if self.video.running:
            self._stop(now)
            if view.here:
                self.beat(now)
        if not view.here or view.phase == "signed_out":
            self.opened, self._beat_at = None, inf
        if view.elsewhere and not self._takes_over:
            self.over = "TAKEN_OVER"
        self._soon(now)

    def _challenge(self, check: p.CheckView, now: float) -> None:
        self._answered(now, "begin")
        self._check = check.check_id
        self._stop(now)
        if not check.acknowledged:
            position = None if self.opened is None else self.video.position_ms(now)
            self._said.append(p.CheckAck(check_id=check.check_id, position_ms=position))
        self._offer_at = now + self._about(self.habits.reacts_s) / 2

    def _offer(self, now: float) -> None:
        if self._check is None:
            return
        shown = f"{self.habits.camera}:{self._about(self.habits.acts_s) * 1000:.0f}"
        if self.habits.lapse is not None and self._draws.random() < self.habits.lapses:
            shown = self.habits.lapse
        self._ask("check_offer", p.CheckOffer(check_id=self._check, sdp=shown), now)

    # ---------------------------------------------------------------- what the person does

    def _soon(self, now: float) -> None:
        """After the time that a person needs."""
        self._act_at = min(self._act_at, now + self._about(self.habits.reacts_s))

    def _about(self, seconds: float) -> float:
        return seconds * float(self._draws.uniform(0.6, 1.4))

    def _act(self, now: float) -> None:
        view = self.view
        if view is None or view.check is not None or self._check is not None or self.over is not None or self._aside:
            return
        if view.phase == "awaiting_login_check" or (view.reason in WAITING and view.phase == "paused"):
            if not self.studies and view.phase == "paused":
                self._leave(now)
            return
        if view.session_id is None or view.phase == "signed_out" or not view.here:
            self._enter(view, now)
        elif not self.studies:
            self._leave(now)
        elif self.opened is None or self._finished(self.opened.lesson_id):
            self._open_next(view, now)
        elif not self.video.running:
            self._play(view, now)

    def _enter(self, view: p.View, now: float) -> None:
        if not self.studies:
            self.over = "signed out"
        elif view.lessons and all(one.finished for one in view.lessons) and not self.habits.again:
            self.over = "finished"
        elif view.failures_left == 0:
            self.over = "FAILED_CHECKS_EXHAUSTED"
        else:
            self._ask("begin", p.Begin(), now, again=True)

    def _leave(self, now: float) -> None:
        self._stop(now)
        self._beat_at = inf
        position = None if self.opened is None else self.video.position_ms(now)
        self._ask("sign_out", p.SignOut(position_ms=position), now, again=True)

    def _open_next(self, view: p.View, now: float) -> None:
        unfinished = [one for one in view.lessons if not one.finished]
        if not unfinished:
            if not self.habits.again:
                self.sign_out(now)
                return
            unfinished = list(view.lessons)
        self._ask("open_lesson", p.OpenLesson(lesson_id=unfinished[0].lesson_id), now, again=True)

    def _finished(self, lesson_id: str) -> bool:
        lessons = () if self.view is None else self.view.lessons
        return any(one.finished for one in lessons if one.lesson_id == lesson_id) and not self.video.running

    def _play(self, view: p.View, now: float) -> None:
        assert self.opened is not None
        at = min(self.video.position_ms(now), self.earned_ms.get(self.opened.lesson_id, 0))
        if self.video.buffered_ms <= at < self.video.length_ms:
            return  # comes back when media has come
        self.video.start(at, now)
        self.told.stops += 1
        if self._beat_at == inf:  # a class that begins together doesn't beat together
            self._beat_at = now + self._heartbeat_s * float(self._draws.random())
        self._played_in = f"{view.phase} {view.reason}"
        self._ask("play", p.Play(position_ms=at), now, again=True)

    def _pause(self, now: float) -> None:
        self._pause_at = inf
        if not self.video.running:
            return
        self._stop(now)
        position = self.video.position_ms(now)
        if self.habits.hides:
            self._said += [p.Hidden(position_ms=position), p.Shown()]
        else:
            self._said.append(p.Pause(position_ms=position))
        self._act_at = now + self._about(self.habits.pauses_s)

    def step_aside(self, now: float) -> bool:
        """Pause and do nothing more, for the person goes on at another device; False while a check must be answered."""
        if self._check is not None or (self.view is not None and self.view.check is not None):
            return False
        self._aside = True
        if self.video.running:
            self._pause(now)
        return True

    def _stop(self, now: float) -> None:
        if self.video.running:
            self.video.stop(now)
            self.told.stops += 1

    # ---------------------------------------------------------------- asked and answered

    def _ask(self, what: str, message: p.FromPage, now: float, *, again: bool = False) -> None:
        """Say it, and time the answer; with ``again``, once more where none comes, though not meanwhile."""
        if again:
            self._act_at = self._asked.get(what, -inf) + PATIENCE_S
            if now < self._act_at:
                return
            self._act_at = now + PATIENCE_S
            self._asked.pop(what, None)
        self._said.append(message)
        self._asked.setdefault(what, now)

    def _answered(self, now: float, *whats: str) -> None:
        for what in whats:
            if (since := self._asked.pop(what, None)) is not None:
                self.told.trips.append(Trip(what, now - since))


def earned_ms(record: dict[str, Any]) -> int:
    """All that a record of study calls earned: counted and held."""
    return sum(int(one["counted_ms"]) + int(one["held_ms"]) for one in record["sessions"])
