"""Every message of the regulators' socket, both ways: what is looked at, and how many are online there.

``wss://HOST/ws/oversight``, JSON text, cookie-authenticated, same origin. Instants are epoch milliseconds of the server's
clock. A count is [online, studying, in a check]; what isn't named has nobody.
"""

from typing import Literal

import msgspec

VERSION = 1
MAX_MESSAGE_BYTES = 1_024
LEASE_MS = 30_000  # online means: a running session, and a page of which something came within it (docs/live-views.md)
STALE_MS = 2_000  # what is shown is at most so old while every process can be heard

Numbers = tuple[int, int, int]


class _Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    pass


class Look(_Message, tag="look"):
    """The page looks at this and nothing else from now on; without a region at all of the own one."""

    version: int
    look: int  # comes back with what is said about it
    region: str | None = None
    facet: str = ""  # a qualification, or one of its items as special_operation/1.1
    institution: str = ""


FromOversight = Look


class OversightSums(_Message, tag="sums"):
    """How many there are: of everything, or of what changed. About once a second in any case, so that its age is known."""

    look: int
    region: str
    whole: bool
    now_ms: int
    as_of_ms: int  # of the oldest part: what a process said that can't be heard now is no younger
    total: Numbers
    regions: dict[str, Numbers]  # one level down, by code
    institutions: dict[str, Numbers]  # in the region, narrowed by the facet
    facets: dict[str, Numbers]  # in the region, narrowed by the institution
    classes: dict[str, Numbers]  # of the institution that is looked at


class OversightRefused(_Message, tag="refused"):
    """That isn't in the own region, or nothing is."""

    look: int
    code: Literal["NOT_FOUND"]


ToOversight = OversightSums | OversightRefused

CLOSE_VERSION = 4000  # 请刷新页面
CLOSE_UNAUTHENTICATED = 4001
CLOSE_MALFORMED = 4002
CLOSE_TOO_FAST = 4003
CLOSE_TOO_LARGE = 4004
CLOSE_RESTART = 4006  # the server goes away: reconnect now
