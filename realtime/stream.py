"""The numbered messages of one tab: they go on when its socket breaks and the tab comes back."""

import uuid
from collections.abc import Callable

import msgspec

from classroom import clock
from realtime.protocol import (
    Beaten,
    CheckAnswer,
    CheckHint,
    CheckPrompt,
    CheckPushed,
    CheckStepSeen,
    CheckTryFailed,
    IdleWarning,
    News,
    PersonHere,
    ReportNow,
    ToPage,
    View,
    Welcome,
)

KEPT_MESSAGES = 128
KEPT_BYTES = 64 * 1024
KEPT_TABS = 8  # of one seat
AWAY_MS = 60_000  # a tab that stays away longer gets a whole View; ux rule 1 has long told its learner by then
KEPT_MS = AWAY_MS + 30_000  # a line that is dead without a word is found out within 25 s (servers.py)

_encode = msgspec.json.Encoder().encode


class Stream:
    """Numbers what is said to a tab, and remembers what a later View doesn't say again.

    A View replaces all Views and Beatens before it, and a tab that comes back is always given one: those are not kept.
    """

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        """``write`` takes the text to the tab's socket."""
        self.id = uuid.uuid4().hex  # a tab that was loaded anew, or doubled, has another one
        self.seq = 0  # of the newest message
        self.write = write
        self._kept: list[tuple[int, ToPage, int, int]] = []  # number, message, bytes, since when
        self._kept_bytes = 0
        self._forgotten = 0  # number of the newest message that was kept once and isn't any more

    def send(self, message: ToPage) -> None:
        """Number it, remember it, and write it if there is a socket to write to."""
        if not isinstance(message, Welcome):  # says itself where the numbers stand
            self.seq += 1
            message = msgspec.structs.replace(message, seq=self.seq)
        text = _encode(message).decode()
        if not isinstance(message, Welcome | View | Beaten):
            self._keep(message, len(text))
        if self.write is not None:
            self.write(text)

    def _keep(self, message: ToPage, size: int) -> None:
        now = clock.now_ms()
        self._kept.append((self.seq, message, size, now))
        self._kept_bytes += size
        while len(self._kept) > KEPT_MESSAGES or self._kept_bytes > KEPT_BYTES or self._kept[0][3] < now - KEPT_MS:
            self._forgotten, _, size, _ = self._kept.pop(0)
            self._kept_bytes -= size

    def missed(self, last_seq: int) -> list[ToPage] | None:
        """Take the stream back to the last number that the tab saw; what it missed since, to be said again.

        None when that can't be told any more. What was missed gets new numbers: the tab never saw the old ones.
        """
        if not self._forgotten <= last_seq <= self.seq:
            return None
        missed = [message for seq, message, *_ in self._kept if seq > last_seq]
        self.seq = last_seq
        self._kept.clear()
        self._kept_bytes = 0
        self._forgotten = last_seq
        return missed


class Away:
    """The streams of tabs that went away a short while ago."""

    def __init__(self) -> None:
        # By the device that the tab proved to be and the stream's id: the stream, its end here, its number when it left.
        self._of: dict[tuple[str, str], tuple[Stream, int, int]] = {}

    def park(self, device: str, stream: Stream, now_ms: int) -> None:
        """Keep it for a while; over the bound the oldest goes."""
        stream.write = None
        self._of = {one: kept for one, kept in self._of.items() if kept[1] > now_ms}
        self._of[device, stream.id] = stream, now_ms + AWAY_MS, stream.seq
        while len(self._of) > KEPT_TABS:
            del self._of[next(iter(self._of))]

    def take(self, device: str, stream_id: str, now_ms: int) -> Stream | None:
        """The tab is back."""
        stream, until_ms, _ = self._of.pop((device, stream_id), (None, 0, 0))
        return stream if until_ms > now_ms else None

    def has_news(self, now_ms: int) -> bool:
        """Whether something was said to a tab since it left: a verdict waits here for its learner."""
        return any(until_ms > now_ms and stream.seq > left for stream, until_ms, left in self._of.values())


def still_true(message: ToPage, open_check: str | None, now_ms: int) -> bool:
    """Whether a missed message may be said late: no prompt of a check that is over, no call to something that is past."""
    match message:
        case CheckPushed(check=check):
            return check.check_id == open_check
        case CheckAnswer() | CheckPrompt() | CheckStepSeen() | CheckHint() | CheckTryFailed():
            return message.check_id == open_check
        case IdleWarning(sign_out_at_ms=at):
            return at > now_ms
        case ReportNow() | News() | PersonHere():
            return False  # a page that comes back fetches its lists anyway
        case _:
            return True
