"""Every message of the wall's socket, both ways: who watches classes is told what changes in them.

``wss://HOST/ws/wall``, JSON text, cookie-authenticated, same origin. Instants are epoch milliseconds of the server's clock,
positions and times milliseconds. A class' snapshot and the deltas after it are numbered by (board, version).
"""

from typing import Literal

import msgspec

from realtime.protocol import IceServer

VERSION = 1
MAX_MESSAGE_BYTES = 16_384
MAX_CLASSES = 40  # on one wall
NewsOf = Literal["alerts", "persons", "appeals"]


class _Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    pass


class Since(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a class the page knows."""

    board: str
    version: int


class Watch(_Message, tag="watch"):
    """The page wants these classes and no others; what it knows of one already isn't told again."""

    version: int
    classes: list[str]
    since: dict[str, Since] = {}


class PersonAttend(_Message, tag="person_attend"):
    """The page takes part in the call that this account has taken; answered by WallCall, and by the learner's offer."""

    check_id: str


class PersonAnswer(_Message, tag="person_answer"):
    """The page's WebRTC answer to the learner's newest offer; all candidates inside."""

    check_id: str
    sdp: str


class PersonSeen(_Message, tag="person_seen"):
    """The learner's picture moves: from here the two have their own time."""

    check_id: str


FromWall = Watch | PersonAttend | PersonAnswer | PersonSeen


class Row(msgspec.Struct, frozen=True):
    """One learner of a class, as of the newest thing that is committed."""

    n: int  # of the row, in this board
    learner_id: str
    name: str
    as_of_ms: int | None  # None: never seen in this class
    stale_since_ms: int | None  # whoever had the seat can't be heard since then: the row may be older than it looks
    day: int  # number of the day (China) that the three times are of
    phase: str
    reason: str | None
    since_ms: int | None
    connected: bool
    lesson_id: str | None
    position_ms: int
    counted_ms: int
    held_ms: int
    not_counted_ms: int
    check_id: str | None
    check_kind: str | None
    check_outcome: str | None
    check_reason: str | None
    check_at_ms: int | None
    flags: list[str]


Tick = tuple[int, int, int, int, int]  # a heartbeat: row, as of, position, held, not counted


class WallWelcome(_Message, tag="wall_welcome"):
    """The server answers watch."""

    version: int
    now_ms: int


class WallClass(_Message, tag="wall_class"):
    """A class whole; replaces what the page knew of it."""

    class_id: str
    board: str
    version: int
    as_of_ms: int
    rows: list[Row]


class WallDelta(_Message, tag="wall_delta"):
    """What changed since the version before; of each learner the newest only."""

    class_id: str
    board: str
    version: int
    as_of_ms: int
    rows: list[Row]
    ticks: list[Tick]


class WallNews(_Message, tag="wall_news"):
    """A list of a class has changed: the page fetches it by HTTP."""

    class_id: str
    list: NewsOf


class WallRefused(_Message, tag="wall_refused"):
    """That class isn't to be watched by this account, that call isn't its own, or it can't be served now."""

    code: Literal["NOT_FOUND", "TOO_MANY_CLASSES", "NOT_NOW"]
    class_id: str | None


class WallCall(_Message, tag="wall_call"):
    """The page takes part: with these servers, until ``wall_call_over``."""

    check_id: str
    ice_servers: list[IceServer]


class WallOffer(_Message, tag="wall_offer"):
    """The learner's page offers picture and sound; replaces the offer before."""

    check_id: str
    sdp: str


class WallCallOver(_Message, tag="wall_call_over"):
    """The check has ended: ``outcome`` passed | failed | "" (none; the request is back in the queue)."""

    check_id: str
    outcome: str


ToWall = WallWelcome | WallClass | WallDelta | WallNews | WallRefused | WallCall | WallOffer | WallCallOver

CLOSE_VERSION = 4000  # 请刷新页面
CLOSE_UNAUTHENTICATED = 4001
CLOSE_MALFORMED = 4002
CLOSE_TOO_FAST = 4003
CLOSE_TOO_LARGE = 4004
CLOSE_RESTART = 4006  # the server goes away: reconnect now
