"""Which event a page's message is; the server's own clock and deliveries go into it, never the page's."""

from classroom.attendance import events as happened
from classroom.attendance.events import Event
from realtime import protocol as p


def positioned(message: p.FromPage) -> bool:
    """Whether it says where playback is, so that what was delivered must be known."""
    return getattr(message, "position_ms", None) is not None


def event_of(message: p.FromPage, at: int, delivered_to_ms: int, interacted_at: int) -> Event | None:
    """The event of a message from the page that holds the session; None for what leads to none."""
    match message:
        case p.OpenLesson(lesson_id=lesson):
            return happened.LessonOpened(at, lesson)
        case p.Play(position_ms=position):
            return happened.Played(at, position, delivered_to_ms)
        case p.Beat(position_ms=position, interacted=interacted):
            return happened.Reported(at, position, delivered_to_ms, at if interacted else interacted_at)
        case p.Pause(position_ms=position):
            return happened.Paused(at, position, delivered_to_ms)
        case p.Leave(position_ms=position):
            return happened.SteppedOut(at, position, delivered_to_ms)
        case p.Hidden(position_ms=position):
            return happened.Hidden(at, position, delivered_to_ms)
        case p.Shown():
            return happened.Shown(at)
        case p.Blurred(position_ms=position):
            return happened.Blurred(at, position, delivered_to_ms)
        case p.Focused():
            return happened.Focused(at)
        case p.Interacted():
            return happened.Interacted(at)
        case p.SignOut(position_ms=position):
            return happened.LearnerLeft(at, position, delivered_to_ms)
        case p.CheckAck(check_id=check, position_ms=position):
            return happened.CheckAcknowledged(at, check, position, delivered_to_ms)
        case _:
            return None
