"""What every seat of a process shares, as a seat needs it."""

from typing import Protocol

from classroom.attendance.events import Way
from classroom.attendance.rules import Rules
from realtime.calls import Calls
from realtime.draws import Draws
from realtime.rehearsal import Plane
from realtime.seen import Sight
from realtime.writer import Writer


class Forgettable(Protocol):
    """A seat that leaves the memory."""

    @property
    def attendance(self) -> str: ...
    @property
    def lost(self) -> bool: ...


class World(Protocol):
    """Ports of a seat to the process it lives in."""

    @property
    def media(self) -> Plane: ...
    @property
    def writer(self) -> Writer: ...
    @property
    def draws(self) -> Draws: ...
    @property
    def rules(self) -> Rules: ...

    @property
    def sight(self) -> Sight: ...

    @property
    def closing(self) -> bool:
        """This process is going away."""
        ...

    def stay_awake(self) -> None:
        """Called before anything is decided: seats of a process that slept are interrupted as of then."""
        ...

    def new_id(self) -> str:
        """A random id."""
        ...

    def forget(self, seat: Forgettable) -> None:
        """The seat isn't live here any more."""
        ...

    @property
    def calls(self) -> Calls: ...

    def announce(self, class_id: str, of: str) -> None:
        """A list of this class has changed: tell who watches it, soon."""
        ...

    async def device_blocked(self, learner_id: str, device: str) -> bool:
        """Whether staff keep this learner from this device."""
        ...

    async def portrait_of(self, learner_id: str) -> str:
        """State of the learner's portrait."""
        ...

    async def suspended(self, class_id: str) -> bool:
        """Whether a regulator keeps the class from going on."""
        ...

    async def person_for(self, learner_id: str, class_id: str) -> Way | None:
        """Whether this learner's checks are by a person."""
        ...

    async def busy_elsewhere(self, learner_id: str, attendance: str) -> bool:
        """Whether the learner studies in another class right now."""
        ...

    async def used_elsewhere(self, learner_id: str, attendance: str) -> int:
        """Of today's cap, in ms."""
        ...
