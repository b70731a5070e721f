"""What is known of an attendance: one immutable value, the fold of its journal.

It holds no circle, so the collector needn't look at it: a heartbeat makes a new one of each of ten thousand learners.
"""

from enum import StrEnum

from msgspec import Struct, field

from classroom.attendance.events import Way
from classroom.attendance.rules import Rules

_DAY_MS = 86_400_000
_SHANGHAI_MS = 8 * 3_600_000  # Asia/Shanghai has had no summer time since 1991


def day_of(at: int) -> int:
    """Number of the day (Asia/Shanghai) that holds this instant."""
    return (at + _SHANGHAI_MS) // _DAY_MS


def midnight_after(at: int) -> int:
    """The next instant at which a day begins."""
    return (day_of(at) + 1) * _DAY_MS - _SHANGHAI_MS


def overlap(from_at: int, to_at: int, number: int) -> int:
    """How much of a stretch lies in this day, in ms."""
    begins = number * _DAY_MS - _SHANGHAI_MS
    return max(0, min(to_at, begins + _DAY_MS) - max(from_at, begins))


class Phase(StrEnum):
    """Where the seat is; labels in vocabulary.md."""

    BROWSING = "browsing"
    AWAITING_LOGIN_CHECK = "awaiting_login_check"
    STUDYING = "studying"
    CHALLENGED = "challenged"
    PAUSED = "paused"
    SIGNED_OUT = "signed_out"


class Kind(StrEnum):
    """Of a check. A pass of the last three confirms; the moment of the first two is the learner's choice (rule 4)."""

    LOGIN = "login"
    RESUME = "resume"
    DRAWN = "drawn"
    CLOSING = "closing"
    ASKED = "asked"
    PERSON = "person"  # has the effect of what it stands for


CONFIRMING = frozenset({Kind.DRAWN, Kind.CLOSING, Kind.ASKED})
COVERS_LESSON = frozenset({Kind.DRAWN, Kind.CLOSING})
WAITING_FOR_US = frozenset({"AWAITING_CHECK", "PROVIDER_DOWN"})  # reasons of a pause in which nobody idles
BARS = ("SUSPENDED", "PAUSED_BY_STAFF")  # what keeps a learner from earning, the weightier first


class Lesson(Struct, frozen=True, gc=False):
    """``counted_to <= earned_to <= length``; between the two everything is held."""

    id: str
    length_ms: int
    last: bool  # the course's last
    counted_to_ms: int = 0
    earned_to_ms: int = 0
    dropped_to_ms: int = 0  # how far it had been earned before a drop
    covered: bool = False  # a drawn or closing check passed inside it

    def finished(self, rules: Rules) -> bool:
        """Rule 11."""
        return self.covered and self.counted_to_ms >= self.length_ms - rules.end_tolerance_ms


class Held(Struct, frozen=True, gc=False):
    """A stretch that is earned and waits for its check."""

    session: str
    lesson: str
    day: int
    from_ms: int
    to_ms: int

    @property
    def ms(self) -> int:
        return self.to_ms - self.from_ms


class Segment(Struct, frozen=True, gc=False):
    """Playback without a break; earned as a whole, so that jitter between reports costs nothing."""

    opened_at: int
    from_ms: int
    last_at: int  # of the last report
    position_ms: int
    delivered_to_ms: int
    capped: bool = False  # opened with nothing left of the day: earns nothing, brings no check
    frozen_at: int | None = None  # interrupted by the server: only the page's last position is still awaited


class Check(Struct, frozen=True, gc=False):
    """A check that was pushed and has no outcome yet."""

    id: str
    kind: Kind
    pushed_at: int
    acknowledged: bool = False
    first_frame_at: int | None = None
    tries_failed: int = 0
    by: str | None = None  # of a check by a person: who makes it
    stands_for: Kind | None = None  # of a check by a person: whose effect a pass has
    earning: bool = False  # of a check by a person: the learner was studying, and so to be there
    owing: bool = False  # of a check by a person: what it stands for was due
    back_to: tuple[Phase, str | None] | None = None  # of a check by a person: where a pause of the learner's goes on

    @property
    def effect(self) -> Kind:
        """The kind whose effect it has."""
        return self.stands_for or self.kind

    def deadline(self, rules: Rules) -> int:
        """Rule 6: all tries included; of a check by a person, until the two see each other, then their own time."""
        latest = self.pushed_at + rules.camera_ms + rules.window_ms
        if self.first_frame_at is None:
            return latest
        if self.kind is Kind.PERSON:
            return self.first_frame_at + rules.person_ms
        return min(self.first_frame_at + rules.window_ms, latest)


class Session(Struct, frozen=True, gc=False):
    """From the offer of its login check to the sign-out; held time is found in ``State.held``."""

    id: str
    device: str
    offered_at: int
    accounted_to: int  # every millisecond before this has its place
    counted_ms: int = 0
    not_counted_ms: tuple[tuple[str, int], ...] = ()
    ended_at: int | None = None
    ended_reason: str | None = None


class Rival(Struct, frozen=True, gc=False):
    """Another device that asked to take over; the old one goes on until its login check is passed (rule 9)."""

    session: Session
    rules: Rules
    used_elsewhere_ms: int
    check: Check | None = None
    gone: bool = False  # its page's socket died while it was checked
    person: Way | None = None  # its login check is by a person


class Day(Struct, frozen=True, gc=False):
    """What is counted by the day (Asia/Shanghai)."""

    number: int = 0
    counted_ms: int = 0
    used_elsewhere_ms: int = 0
    failed_checks: int = 0
    faults: int = 0
    faulted_at: int | None = None  # the newest of them
    unacknowledged: int = 0
    not_counted_ms: int = 0  # of the sessions' time of this day; what is held may still be added
    ahead: tuple[int, int] = (0, 0)  # a later day and what is known of its time: a segment is open across midnight
    flags: tuple[tuple[str, int], ...] = ()  # risk flags raised, and how often
    crashes: int = 0  # of ours, with a check open


class Outcome(Struct, frozen=True, gc=False):
    """How the last check ended, for the page."""

    kind: str
    outcome: str
    reason: str | None
    cost_ms: int
    check: str


class Lost(Struct, frozen=True, gc=False):
    """What the last failed or missed check dropped: where it may be watched again (补录)."""

    at: int
    reason: str  # VERIFICATION_FAILED | VERIFICATION_MISSED
    stretches: tuple[tuple[str, int, int], ...]  # lesson, from and to in media ms

    @property
    def ms(self) -> int:
        """All of it."""
        return sum(end - start for _, start, end in self.stretches)


class State(Struct, frozen=True, gc=False):
    """One attendance."""

    rules: Rules = field(default_factory=Rules)
    lessons: tuple[Lesson, ...] = ()
    held: tuple[Held, ...] = ()
    phase: Phase = Phase.BROWSING
    reason: str | None = None
    session: Session | None = None
    last_session: Session | None = None
    connected: bool = False
    hidden: bool = False
    lesson: str | None = None
    segment: Segment | None = None
    owed: Kind | None = None  # a check that must come before anything (more) is earned
    requested: bool = False  # a slot was asked for, or a person called
    person: Way | None = None  # whose checks are by a person
    check: Check | None = None
    rival: Rival | None = None
    last_pass_at: int | None = None
    studied_ms: int = 0  # since the last confirming pass, or since the last drop
    draw_at_ms: int | None = None  # on the same counter
    slipped: bool = False  # a drawn moment became known unanswered: until another is passed, an end confirms nothing
    blurred_at: int | None = None
    contact_at: int = 0  # last heard of the page while studying
    interacted_at: int = 0
    warned_at: int = 0
    waiting_since: int | None = None  # the learner waits for us: the idle clock stands still
    day: Day = field(default_factory=Day)
    outcome: Outcome | None = None
    lost: Lost | None = None
    barred: tuple[str, ...] = ()  # of BARS, in their order; while there is one nothing is earned
    bar_ends_at: int | None = None  # of the pause by staff

    @property
    def held_ms(self) -> int:
        """All that waits for the next confirming check."""
        return sum(stretch.ms for stretch in self.held)

    def by_person(self, session: str) -> bool:
        """Whether the checks of this session, of the seat or of a second device, are by a person."""
        rival = self.rival
        return (rival.person if rival is not None and rival.session.id == session else self.person) is not None

    @property
    def waits_for_person(self) -> bool:
        """A check is due, and no media process is asked for it."""
        return self.requested and self.owed is not None and self.person is not None

    def lesson_of(self, lesson_id: str) -> Lesson | None:
        """The lesson with this id."""
        return next((lesson for lesson in self.lessons if lesson.id == lesson_id), None)

    @property
    def used_today_ms(self) -> int:
        """Counted and held of this day, all classes; what a drop took is given back."""
        held = sum(stretch.ms for stretch in self.held if stretch.day == self.day.number)
        return self.day.counted_ms + self.day.used_elsewhere_ms + held
