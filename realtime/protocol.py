"""Every message of the classroom socket, both ways, as discriminated unions on ``type``.

``wss://HOST/ws/classroom``, JSON text, cookie-authenticated, same origin. The first message is ``hello``. All instants
are epoch milliseconds of the server's clock, all positions and lengths are media milliseconds.
Schemas and TypeScript are generated from this file; it is the only place where a message is defined.
"""

from typing import Literal

import msgspec

VERSION = 1
MAX_MESSAGE_BYTES = 65_536  # a JPEG frame of a check is the largest honest message (about 20 KiB as base64)
MAX_JPEG_BYTES = 48_000

Phase = Literal["browsing", "awaiting_login_check", "studying", "challenged", "paused", "signed_out"]
Portrait = Literal["none", "pending", "active"]
CheckKind = Literal["login", "resume", "drawn", "closing", "asked", "person", "practice", "enrol"]
Outcome = Literal["passed", "by_person", "failed", "missed", "unanswered", "provider_down", "device_error", "withdrawn"]
Action = Literal["turn_left", "turn_right", "nod", "open_mouth", "close_eyes"]
Reason = Literal[  # of a pause, of a sign-out, of a second that isn't counted; the labels are vocabulary.md's
    "BROWSING",
    "ONLINE_TESTING",
    "VERIFICATION_FAILED",
    "VERIFICATION_MISSED",
    "INTERACTION_TIMEOUT",
    "DAILY_LIMIT",
    "TEST_INCOMPLETE",
    "PAGE_HIDDEN",
    "FOCUS_LOST",
    "OTHER_DEVICE",
    "DISCONNECTED",
    "PAUSED_BY_LEARNER",
    "LEFT",  # the learner said so: 暂时离开
    "AWAITING_CHECK",
    "PAUSED_BY_STAFF",
    "SUSPENDED",
    "STALLED",
    "REPEATED",
    "AHEAD",
    "NOT_DELIVERED",
    "PROVIDER_DOWN",
    "SYSTEM_ERROR",
    "EXCLUDED",
    "BY_LEARNER",
    "BY_STAFF",
    "IDLE",
    "CHECK_FAILED",
    "CHECK_MISSED",
    "TAKEN_OVER",
]
RefusalCode = Literal[
    "ALREADY_HERE",
    "BAD_FRAME",
    "BAD_OFFER",
    "BUSY",
    "CHECK_OPEN",
    "CONSENT_NEEDED",
    "DEVICE_BLOCKED",
    "ENROLMENT_NOT_ALLOWED",
    "FAILED_CHECKS_EXHAUSTED",
    "FRAME_TOO_LARGE",
    "NOT_DUE",
    "NOT_HERE",
    "NOT_NOW",
    "NO_LESSON",
    "NO_SESSION",
    "NO_SUCH_LESSON",
    "OTHER_CLASS",
    "PAUSED_BY_STAFF",
    "PORTRAIT_NEEDED",
    "PROVIDER_DOWN",
    "SUSPENDED",
    "TOO_MANY_CHANGES",
    "TOO_MANY_FRAMES",
    "TOO_MANY_OFFERS",
    "TOO_OFTEN",
    "UNKNOWN_TYPE",
]
SeekReason = Literal["AHEAD", "DROPPED"]
NewsList = Literal["notes", "appeals", "persons"]
CameraErrorCode = Literal["NOT_ALLOWED", "NOT_FOUND", "IN_USE", "ICE_FAILED", "OTHER"]


class _Message(msgspec.Struct, frozen=True, gc=False, tag_field="type", forbid_unknown_fields=True):
    pass


# ---------------------------------------------------------------- from the page


class Hello(_Message, tag="hello"):
    """The page introduces itself; first message, once."""

    version: int
    class_id: str
    seat_token: str | None = None  # what an earlier Welcome gave this tab; proves it is the same tab coming back
    stream: str | None = None  # when this very page comes back after a lost connection: what Welcome called its stream
    last_seq: int | None = None  # and the newest message of it that the page has seen


class Begin(_Message, tag="begin"):
    """The learner starts a session: asks for the login check. With another live device: a takeover."""


class OpenLesson(_Message, tag="open_lesson"):
    """The learner chooses a lesson; answered by LessonOpened."""

    lesson_id: str


class Play(_Message, tag="play"):
    """The video is about to run from this position."""

    position_ms: int


class Beat(_Message, tag="beat"):
    """The heartbeat, every 5 s and at the video's end, while a lesson is open."""

    position_ms: int
    playing: bool
    interacted: bool  # pointer, key, touch, scroll or player control since the last message


class Pause(_Message, tag="pause"):
    """The learner pressed pause, or left the lesson."""

    position_ms: int


class Leave(_Message, tag="leave"):
    """The learner must leave for a moment: a pause without a strike; refused (CHECK_OPEN) while a check is open."""

    position_ms: int


class Hidden(_Message, tag="hidden"):
    """The page is hidden or minimised."""

    position_ms: int


class Shown(_Message, tag="shown"):
    """The page is visible again; the session stays paused until Play."""


class Blurred(_Message, tag="blurred"):
    """The window lost its focus; after 1.5 s the session pauses."""

    position_ms: int


class Focused(_Message, tag="focused"):
    """The window has its focus again."""


class Interacted(_Message, tag="interacted"):
    """Input while no lesson is running; at most one in 5 s."""


class SignOut(_Message, tag="sign_out"):
    """The learner ends the session; refused (CHECK_OPEN) while a check is open."""

    position_ms: int | None = None


class CheckAck(_Message, tag="check_ack"):
    """The page has shown the check and paused its video here."""

    check_id: str
    position_ms: int | None = None


class CheckOffer(_Message, tag="check_offer"):
    """The page's WebRTC offer for the open check (also of rehearsals); all candidates inside."""

    check_id: str
    sdp: str


class CheckFrame(_Message, tag="check_frame"):
    """One JPEG of the camera for the open check where WebRTC fails; at most 10 a second, the newest wins.

    ``type`` stands first, for frames have a rate of their own; what is too much of it is dropped.
    """

    check_id: str
    jpeg: bytes  # base64; sequential JPEG, sides of 160 to 1280 pixels, at most MAX_JPEG_BYTES


class CameraError(_Message, tag="camera_error"):
    """The camera can't be had; the deadline stays."""

    check_id: str
    code: CameraErrorCode


class Rehearse(_Message, tag="rehearse"):
    """Start a check without stakes: practice (device check) or enrolment of the portrait."""

    purpose: Literal["practice", "enrol"]


class RehearseEnd(_Message, tag="rehearse_end"):
    """The learner leaves a rehearsal."""


FromPage = (
    Hello
    | Begin
    | OpenLesson
    | Play
    | Beat
    | Pause
    | Leave
    | Hidden
    | Shown
    | Blurred
    | Focused
    | Interacted
    | SignOut
    | CheckAck
    | CheckOffer
    | CheckFrame
    | CameraError
    | Rehearse
    | RehearseEnd
)


# ---------------------------------------------------------------- to the page


class IceServer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A STUN or TURN server, as the browser's RTCPeerConnection takes it."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class LessonView(msgspec.Struct, frozen=True, gc=False):
    """One lesson of the outline with its progress."""

    lesson_id: str
    title: str
    length_ms: int
    counted_to_ms: int
    earned_to_ms: int  # the bar's limit and the resume point
    dropped_to_ms: int  # > earned_to_ms: this stretch was dropped and may be watched again (补录)
    finished: bool


class Times(msgspec.Struct, frozen=True, gc=False):
    """The three times of a session; counted + held + sum(not_counted) == total."""

    total_ms: int
    counted_ms: int
    held_ms: int
    not_counted_ms: dict[str, int]  # reason code of the vocabulary -> ms


class CheckView(msgspec.Struct, frozen=True, gc=False):
    """The open check, as far as the page may know it."""

    check_id: str
    kind: CheckKind
    deadline_ms: int | None  # instant; moves once, with the first frame
    ready_at_ms: int  # prompts come after this instant
    tries_left: int
    total_steps: int
    acknowledged: bool


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """A part of a lesson."""

    lesson_id: str
    from_ms: int
    to_ms: int


class Lost(msgspec.Struct, frozen=True, gc=False):
    """What the last failed or missed check dropped, on whatever device; it may be watched again (补录)."""

    at_ms: int  # equals ended_at_ms where this very sign-out cost it
    reason: Reason  # VERIFICATION_FAILED | VERIFICATION_MISSED
    stretches: list[Stretch]


class View(_Message, tag="view"):
    """All the page shows, as committed; each View replaces the one before."""

    seq: int
    as_of_ms: int
    phase: Phase
    reason: Reason | None  # of paused and signed_out; BUSY is shown for AWAITING_CHECK
    here: bool  # this connection holds the session
    elsewhere: bool  # another device holds it (Begin = takeover)
    portrait: Portrait
    session_id: str | None
    started_at_ms: int | None
    ended_at_ms: int | None  # of a session that is over
    lesson_id: str | None  # the open lesson
    lessons: list[LessonView]
    times: Times | None  # of the current or the last session
    today_ms: int  # counted and held of this day
    cap_ms: int
    held_ms: int  # of all sessions; confirmed or dropped by the next check
    drawn_only: bool  # a drawn check was lost to a fault: held is confirmed by the next drawn one, not at a lesson's end
    idle_at_ms: int | None  # sign-out if nothing happens until then
    failures_left: int  # failed checks left today
    by_person: Literal["asked", "always"] | None  # who makes this session's checks, as far as the learner chose it
    check: CheckView | None
    retry_after_ms: int | None  # waiting for us: about how long (BUSY)
    last_check_id: str | None
    last_outcome: Outcome | None  # of the last check
    last_outcome_reason: str | None
    last_cost_ms: int  # what that outcome dropped
    lost: Lost | None  # the last drop, for as long as the record stands


class Welcome(_Message, tag="welcome"):
    """The server answers hello; what the page missed follows, then a View. Said again when the ICE servers change."""

    version: int
    now_ms: int
    seat_token: str
    heartbeat_ms: int
    idle_warning_ms: int
    blur_ms: int
    ice_servers: list[IceServer]
    stream: str = ""  # names this page's stream of numbered messages
    after_seq: int = 0  # the next message's number is one more; a page that sees a gap connects anew
    resumed: bool = False  # the numbers go on from last_seq: what the page knows holds


class Beaten(_Message, tag="beaten"):
    """The heartbeat is committed; the small answer that carries what changed of the View."""

    seq: int
    as_of_ms: int
    earned_to_ms: int
    times: Times
    today_ms: int
    held_ms: int
    idle_at_ms: int | None


class LessonOpened(_Message, tag="lesson_opened"):
    """Where the lesson's video is, signed for this session, and where it goes on."""

    seq: int
    lesson_id: str
    master_url: str  # HLS master playlist
    resume_ms: int
    length_ms: int
    has_poster: bool = False  # poster.jpg stands beside the master playlist
    has_captions: bool = False  # captions.vtt, too


class Seek(_Message, tag="seek"):
    """The page is ahead of what is earned, or ran too fast: go back here."""

    seq: int
    position_ms: int
    reason: SeekReason  # DROPPED: what was earned was lost, a check failed


class CheckPushed(_Message, tag="check_pushed"):
    """A check begins now: sound, picture, 5 s to get ready; ack at once."""

    seq: int
    check: CheckView


class CheckAnswer(_Message, tag="check_answer"):
    """The WebRTC answer of the media process, or of the page of whoever makes the check."""

    seq: int
    check_id: str
    sdp: str


class PersonHere(_Message, tag="person_here"):
    """The page of whoever makes this check is there, perhaps anew: offer it picture and sound (CheckOffer)."""

    seq: int
    check_id: str


class CheckPrompt(_Message, tag="check_prompt"):
    """Show this action now."""

    seq: int
    check_id: str
    try_no: int
    index: int
    total: int
    action: Action
    within_ms: int


class CheckStepSeen(_Message, tag="check_step_seen"):
    """That action was seen."""

    seq: int
    check_id: str
    index: int


class CheckHint(_Message, tag="check_hint"):
    """What hinders right now; None when nothing does."""

    seq: int
    check_id: str
    reason: str | None


class CheckTryFailed(_Message, tag="check_try_failed"):
    """A try is lost."""

    seq: int
    check_id: str
    reason: str
    tries_left: int


class CheckEnded(_Message, tag="check_ended"):
    """The verdict in a code; what it cost; a View follows."""

    seq: int
    check_id: str
    kind: CheckKind
    outcome: Outcome
    reason: str | None
    cost_ms: int  # held time that was dropped


class News(_Message, tag="news"):
    """A list of this learner's has changed, what staff said or an appeal: the page fetches it by HTTP."""

    seq: int
    list: NewsList


class ReportNow(_Message, tag="report_now"):
    """Another device is about to go on: the page says at once where its playback is, so that nothing earned is lost."""

    seq: int


class IdleWarning(_Message, tag="idle_warning"):
    """Nothing was heard of the learner for long; sign-out at this instant."""

    seq: int
    sign_out_at_ms: int


class Refused(_Message, tag="refused"):
    """What was asked can't be done now; nothing changed."""

    seq: int
    code: RefusalCode
    message_type: str | None = None


ToPage = (
    Welcome
    | View
    | Beaten
    | LessonOpened
    | Seek
    | CheckPushed
    | CheckAnswer
    | PersonHere
    | CheckPrompt
    | CheckStepSeen
    | CheckHint
    | CheckTryFailed
    | CheckEnded
    | IdleWarning
    | News
    | ReportNow
    | Refused
)

# Close codes of the socket (4000-4999 are the application's).
CLOSE_VERSION = 4000  # 请刷新页面
CLOSE_UNAUTHENTICATED = 4001
CLOSE_MALFORMED = 4002
CLOSE_TOO_FAST = 4003
CLOSE_TOO_LARGE = 4004
CLOSE_REPLACED = 4005  # the same tab connected anew
CLOSE_RESTART = 4006  # the server goes away: reconnect now
CLOSE_LOST_SEAT = 4007  # another process owns the seat: reconnect now
CLOSE_NOT_ENROLLED = 4008
