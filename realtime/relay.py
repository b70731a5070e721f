"""Passes what a media process says about a check on to the page that holds it, as far as the page may know."""

from collections.abc import Callable
from typing import Protocol, assert_never

from realtime import protocol as page
from realtime.media import MediaCheck
from realtime.protocol import CheckAnswer, CheckHint, CheckPrompt, CheckStepSeen, CheckTryFailed, ToPage
from verify.protocol import (
    Answer,
    Busy,
    Failed,
    FirstFrame,
    FromMedia,
    Granted,
    Hint,
    Passed,
    Prompt,
    Refused,
    StepSeen,
    TryFailed,
)

# What the media plane refuses of a page's making, and the message that it was about.
OF_THE_PAGE: dict[str, tuple[page.RefusalCode, str]] = {
    "BAD_OFFER": ("BAD_OFFER", "check_offer"),
    "TOO_MANY_OFFERS": ("TOO_MANY_OFFERS", "check_offer"),
    "TOO_MANY_FRAMES": ("TOO_MANY_FRAMES", "check_offer"),
    "FRAME_TOO_LARGE": ("FRAME_TOO_LARGE", "check_offer"),
    "BAD_FRAME": ("BAD_FRAME", "check_frame"),
    "TOO_MANY_CHANGES": ("TOO_MANY_CHANGES", "check_frame"),
}


class Hears(Protocol):
    """A page, or the stream of one that is away for a moment."""

    def send(self, message: ToPage) -> None:
        """Say it."""
        ...


async def relay(
    check: MediaCheck,
    stream_of: Callable[[], Hears | None],
    on_event: Callable[[FromMedia], None],
) -> None:
    """Relay until the verdict, which reaches ``on_event`` only; MediaDown when the check broke without one.

    ``stream_of`` is asked at each message, because the page may have come back on another socket meanwhile.
    """
    async for message in check:
        stream = stream_of()
        if stream is not None and (shown := to_page(check.check_id, message)) is not None:
            stream.send(shown)
        on_event(message)


def to_page(check_id: str, message: FromMedia) -> ToPage | None:
    """What the page is told; scores, evidence and later steps never leave the server."""
    match message:
        case Answer(sdp=sdp):
            return CheckAnswer(seq=0, check_id=check_id, sdp=sdp)
        case Prompt():
            return CheckPrompt(
                seq=0,
                check_id=check_id,
                try_no=message.try_no,
                index=message.index,
                total=message.total,
                action=message.action.value,
                within_ms=message.within_ms,
            )
        case StepSeen(index=index):
            return CheckStepSeen(seq=0, check_id=check_id, index=index)
        case Hint(reason=reason):
            return CheckHint(seq=0, check_id=check_id, reason=None if reason is None else reason.value)
        case TryFailed(reason=reason, tries_left=tries_left):
            return CheckTryFailed(seq=0, check_id=check_id, reason=reason.value, tries_left=tries_left)
        case Refused(code=code) if code in OF_THE_PAGE:
            said, about = OF_THE_PAGE[code]
            return page.Refused(seq=0, code=said, message_type=about)
        case Granted() | Busy() | FirstFrame() | Passed() | Failed() | Refused():
            return None
        case _:
            assert_never(message)
