"""One process' part in the count: tells the others what changed here, adds up what all of them say."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import structlog

from classroom.attendance.standing import Standing
from classroom.clock import now_ms
from classroom.courses.rules import ClassPlace
from realtime.census.count import Counts
from realtime.census.sums import Moved, Sums
from realtime.census.tally import Tally
from realtime.cluster.messages import Body, Counted, CountWanted
from realtime.seen import Seen

PUBLISH_S = 0.9  # with as much again for the pages, an event is seen everywhere within 2 s
LEASE_S = 5.0  # as long as the seats' own: who says nothing for so long is dead (realtime/seats.py)
WHOLE_EVERY = 33  # messages; a gap is asked about at once
OUTSIDE_TIMEOUT_S = 5.0
PLACES_AT_ONCE = 500

_log = structlog.get_logger(__name__)

Places = Callable[[Sequence[str]], Awaitable[Sequence[ClassPlace]]]


class Post(Protocol):
    """The other processes (realtime/cluster/peers.py)."""

    @property
    def up(self) -> bool: ...

    def send(self, peer: str, body: Body) -> None: ...

    def send_all(self, body: Body) -> None: ...


class Census:
    """Every process holds all sums; without other processes its own part is all there is."""

    def __init__(self, me: str, places: Places, moved: Moved = lambda key, before, after: None) -> None:
        self._me = me
        self._places = places
        self._tally = Tally()
        self.sums = Sums(moved)
        self.post: Post | None = None
        self._said = 0
        self._heard: dict[
            str, tuple[int, float]
        ] = {}  # by process: its last message's number, when on the loop's clock
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to tell."""
        self._task = asyncio.create_task(self._run(), name="census")

    async def close(self) -> None:
        """Stop; the others miss this process' part with its lease."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -------------------------------------------------------------- what is seen and heard

    def seen(self, seen: Seen) -> None:
        """A seat of this process, after a commit; heartbeats move no count."""
        if not seen.quiet:
            self.see(seen.learner_id, seen.class_id, seen.standing)

    def see(self, learner_id: str, class_id: str, standing: Standing | None) -> None:
        """The same in parts."""
        count = self._tally.see(learner_id, class_id, standing)
        if count is not None:
            self.sums.hear(self._me, {class_id: count}, now_ms())

    def heard(self, peer: str, body: Body) -> None:
        """Another process says something; what isn't about counts is none of ours."""
        if peer == self._me:
            return
        match body:
            case Counted():
                self._take(peer, body)
            case CountWanted():
                self._tell(peer, self._tally.whole, whole=True)
            case _:
                pass

    def joined(self, peer: str) -> None:
        """A process that wasn't there: it hears the next message, and asks for what came before."""

    def lost(self, peer: str) -> None:
        """A link broke; whether that process lives is told by its lease."""

    def connected(self) -> None:
        """The layer is there again: whoever lives has as long to say so as if it had just spoken."""
        at = asyncio.get_running_loop().time()
        self._heard = {peer: (number, at) for peer, (number, _) in self._heard.items()}

    def _take(self, peer: str, body: Counted) -> None:
        at = asyncio.get_running_loop().time()
        last, _ = self._heard.get(peer, (None, at))
        if not body.whole and (last is None or body.number != last + 1):
            if self.post is not None:
                self.post.send(peer, CountWanted())  # what it said before isn't known: its part gets no younger
            if last is not None:
                self._heard[peer] = (last, at)
            return
        self._heard[peer] = (body.number, at)
        self.sums.hear(peer, body.classes, min(body.as_of, now_ms()), whole=body.whole)

    # -------------------------------------------------------------- once a second

    async def _run(self) -> None:
        while True:
            try:
                self.tick(asyncio.get_running_loop().time())
                await self._find_places()
            except Exception:
                _log.exception("Counts could not be brought up to date; they are tried again.")
            await asyncio.sleep(PUBLISH_S)

    def tick(self, at: float) -> None:
        """Say what has changed here, and leave out whoever is dead."""
        self.sums.hear(self._me, {}, now_ms())
        self._said += 1
        if self._said % WHOLE_EVERY == 0:
            self._tally.changes()
            self._tell(None, self._tally.whole, whole=True)
        else:
            self._tell(None, self._tally.changes(), whole=False)
        if self.post is None or not self.post.up:
            return  # nobody can be heard: the sums are shown with their age
        for peer in [peer for peer, (_, heard_at) in self._heard.items() if heard_at < at - LEASE_S]:
            del self._heard[peer]
            self.sums.drop(peer)

    def _tell(self, peer: str | None, classes: Counts, *, whole: bool) -> None:
        if self.post is None:
            return
        said = Counted(self._said, now_ms(), whole, {name: (*count,) for name, count in classes.items()})
        if peer is None:
            self.post.send_all(said)
        else:
            self.post.send(peer, said)

    async def _find_places(self) -> None:
        for some in _some(sorted(self.sums.homeless)):
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                places = await self._places(some)
            self.sums.place(places)
            for gone in set(some) - {place.id for place in places}:
                self.sums.forget(gone)


def _some(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + PLACES_AT_ONCE] for start in range(0, len(ids), PLACES_AT_ONCE))
