"""Every message between control processes. Nothing that the law counts rides on one: what is lost is asked again."""

from typing import Literal

import msgspec

from classroom.attendance.standing import Standing
from realtime.protocol import FromPage, ToPage


class _Body(msgspec.Struct, tag_field="kind"):
    pass


class Beat(_Body, tag="beat"):
    """To all, every second: this process is alive, and has sent so many messages to each of the others."""

    sent: dict[str, int]


class Knock(_Body, tag="knock"):
    """To a seat's owner: a page of this learner has come to us."""

    ask: str
    link: str
    attendance: str
    learner_id: str
    class_id: str
    seat_device: str  # of the tab's seat token
    device: str  # for risk flags
    session: str  # hash of the web session
    claims: bool = True  # it has just come, or held its session where the seat was before; else it only looks on


class Answer(_Body, tag="answer"):
    """To who knocked. ``come``: the owner keeps the seat, this page is relayed; ``gone``: take it; ``no``: not now."""

    ask: str
    link: str
    answer: Literal["come", "gone", "no"]


class Said(_Body, tag="said"):
    """A relayed page says this."""

    link: str
    message: FromPage


class Left(_Body, tag="left"):
    """A relayed page is gone; ``ours``: by our own doing, it will be back somewhere at once."""

    link: str
    ours: bool


class Told(_Body, tag="told"):
    """A relayed page is told this."""

    link: str
    message: ToPage
    check_open: bool


class Dropped(_Body, tag="dropped"):
    """The owner closes a relayed page's socket with this code."""

    link: str
    code: int


class Wait(_Body, tag="wait"):
    """The owner is about to let go of the seat: keep back what the page says from now on, and answer Waiting."""

    link: str


class Waiting(_Body, tag="waiting"):
    """What the page said before has been sent."""

    link: str


class Stay(_Body, tag="stay"):
    """The seat stays where it was after all: go on."""

    link: str


class Moved(_Body, tag="moved"):
    """The seat has been let go of: who has the page looks for it anew."""

    link: str
    claims: bool = True  # it held its session


class Claimed(_Body, tag="claimed"):
    """To the owner before: the seat is ours now, those who wait may come."""

    attendance: str


class Notice(_Body, tag="notice"):
    """To all: something happened (classroom/notices.py). With ``ask`` each answers with what it handled."""

    topic: str
    fields: dict[str, str]
    ask: str | None


class Handled(_Body, tag="handled"):
    """To who asked: what of it this process did."""

    ask: str
    handled: list[str]


class Watching(_Body, tag="watching"):
    """To all, or to one that is new: walls of this process look at these classes and no others."""

    classes: list[str]


class Standings(_Body, tag="standings"):
    """To a process that watches a class: of these learners the newest; without a standing the seat has left us."""

    class_id: str
    standings: list[tuple[str, Standing | None, bool]]  # learner, what is known, a heartbeat only


class Counted(_Body, tag="counted"):
    """To all, about once a second, or to who asked: so many are online, studying, in a check in these classes of ours."""

    number: int  # one more each time it is said to all
    as_of: int
    whole: bool  # nobody is in any other class
    classes: dict[str, tuple[int, int, int]]


class CountWanted(_Body, tag="count_wanted"):
    """To a process of which something was missed: say all of it."""


Body = (
    Beat
    | Knock
    | Answer
    | Said
    | Left
    | Told
    | Dropped
    | Wait
    | Waiting
    | Stay
    | Moved
    | Claimed
    | Notice
    | Handled
    | Watching
    | Standings
    | Counted
    | CountWanted
)


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """What goes over the layer at once."""

    sender: str
    stream: str  # a new one each time the sender has connected anew
    first: int | None  # number of the first body among those to this receiver; None: to all, not numbered
    bodies: list[Body]


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Envelope).decode
