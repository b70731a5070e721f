"""Every message between the control plane and a media process, one WebSocket a check.

The control plane opens ``ws://HOST:PORT/checks`` with the header ``Authorization: Bearer SECRET``, sends one
``Open`` and reads ``Granted`` or ``Busy``. From then on the socket *is* the check: when either side closes it, the
peer connection is closed and everything about the check is forgotten. A socket that breaks after ``Granted`` and
before a verdict means the process died: PROVIDER_DOWN, by the server's own evidence. Closed with 1013 it means that
the process lives and was too slow to judge the check fairly, by its own clock: BUSY. Neither is a strike.

Messages are JSON text, ``{"type": ..., ...}``; bytes are base64 (msgspec's default).
"""

from typing import Literal

import msgspec

from verify.vocabulary import Action as Action
from verify.vocabulary import Reason as Reason


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prompt of a script: wait ``gap_ms`` (neutral face), then ask for ``action``."""

    action: Action
    gap_ms: int


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One try: the actions in the order they are asked."""

    steps: list[Step]


class IceServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A STUN or TURN server that the media process may ask."""

    urls: str | list[str]
    username: str | None = None
    credential: str | None = None


class Open(msgspec.Struct, frozen=True, tag_field="type", tag="open", forbid_unknown_fields=True):
    """Control asks for a slot and brings all a check needs; nothing is looked up elsewhere."""

    check_id: str
    purpose: Literal["check", "practice", "enrol"]
    scripts: list[Script]  # one a try, at most 5
    portrait: list[float] | None  # 128 floats, SFace embedding of the enrolled portrait; None: identity isn't judged
    ready_ms: int = 5_000  # no prompt earlier than this after Granted
    camera_ms: int = 15_000  # first decoded frame at the latest, after Granted
    window_ms: int = 60_000  # all tries, from the first decoded frame
    action_ms: int = 8_000  # an action, from its prompt
    ice_servers: list[IceServer] = []  # beside the process' own; TURN credentials made for this check


class Offer(msgspec.Struct, frozen=True, tag_field="type", tag="offer", forbid_unknown_fields=True):
    """Control relays the page's SDP offer (video, sendonly, non-trickle); may come again after a page reload."""

    sdp: str


class Frame(msgspec.Struct, frozen=True, tag_field="type", tag="frame", forbid_unknown_fields=True):
    """Control relays one JPEG of a page that no WebRTC reaches; the latest wins, and a peer connection ends."""

    jpeg: bytes


class Abort(msgspec.Struct, frozen=True, tag_field="type", tag="abort", forbid_unknown_fields=True):
    """Control ends the check without a verdict."""


ToMedia = Open | Offer | Frame | Abort


class Granted(msgspec.Struct, frozen=True, tag_field="type", tag="granted"):
    """A slot is reserved; the push may be made now."""


class Busy(msgspec.Struct, frozen=True, tag_field="type", tag="busy"):
    """No slot; the socket is closed after this."""

    retry_after_ms: int


class Answer(msgspec.Struct, frozen=True, tag_field="type", tag="answer"):
    """The SDP answer for the page (candidates included)."""

    sdp: str


class FirstFrame(msgspec.Struct, frozen=True, tag_field="type", tag="first_frame"):
    """The first decoded frame of the check; the window runs from here."""


class Prompt(msgspec.Struct, frozen=True, tag_field="type", tag="prompt"):
    """Show this action now. Sent one by one: later steps are known to nobody outside."""

    try_no: int  # 1..
    index: int  # 0.. within the script
    total: int
    action: Action
    within_ms: int


class StepSeen(msgspec.Struct, frozen=True, tag_field="type", tag="step_seen"):
    """The prompted action was seen and the face is neutral again."""

    try_no: int
    index: int


class Hint(msgspec.Struct, frozen=True, tag_field="type", tag="hint"):
    """What hinders right now; None when nothing does. At most two a second, only on change."""

    reason: Reason | None


class TryFailed(msgspec.Struct, frozen=True, tag_field="type", tag="try_failed"):
    """A try is lost; the next begins by itself while tries are left."""

    reason: Reason
    tries_left: int


class Passed(msgspec.Struct, frozen=True, tag_field="type", tag="passed"):
    """The verdict, with the frame that decided; the socket is closed after this."""

    evidence_jpeg: bytes
    embedding: list[float]  # 128 floats of the same frames; for enrolment it becomes the portrait's
    score: float | None  # cosine with the portrait; never leaves the server
    threshold: float | None
    model: str  # versions of landmarker, recogniser and verdict


class Failed(msgspec.Struct, frozen=True, tag_field="type", tag="failed"):
    """No pass: the last try failed, or the time ran out (missed=True). The socket is closed after this."""

    reason: Reason
    missed: bool
    evidence_jpeg: bytes | None
    score: float | None
    threshold: float | None
    model: str


class Refused(msgspec.Struct, frozen=True, tag_field="type", tag="refused"):
    """A message that can't be taken (machine code); the check goes on where it can."""

    code: str


FromMedia = Granted | Busy | Answer | FirstFrame | Prompt | StepSeen | Hint | TryFailed | Passed | Failed | Refused
