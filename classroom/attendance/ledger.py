"""One attendance in memory: applies events, links the rows they leave, keeps what the checkpoint must hold."""

from dataclasses import replace

from classroom.attendance.chain import GENESIS, row_hash
from classroom.attendance.codec import Unreadable, decode, encode
from classroom.attendance.concerns import Concern, concerns_of
from classroom.attendance.deadline import deadline
from classroom.attendance.events import Continued, Effect, Event
from classroom.attendance.machine import continued, step
from classroom.attendance.standing import Standing, standing_of
from classroom.attendance.standing import encode as encode_standing
from classroom.attendance.state import State
from classroom.attendance.store import Row, Save


class ChainBroken(ValueError):
    """A row isn't linked to the one before it, or can't be read; ``seq`` says which."""

    def __init__(self, attendance: str, seq: int, what: str) -> None:
        super().__init__(f"attendance {attendance}, row {seq}: {what}")
        self.attendance = attendance
        self.seq = seq


def verify_links(attendance: str, rows: list[Row]) -> None:
    """Raise ChainBroken at the first row that is missing, added, moved or edited."""
    previous = GENESIS
    for number, row in enumerate(rows, start=1):
        if row.seq != number:
            raise ChainBroken(attendance, number, "missing")
        if row.hash != row_hash(previous, attendance, row.seq, row.at, row.payload):
            raise ChainBroken(attendance, number, "edited")
        previous = row.hash


def events_of(attendance: str, rows: list[Row]) -> list[Event]:
    """The events of a journal, the folds of quiet reports in their places."""
    found: list[Event] = []
    for row in rows:
        try:
            before, event = decode(row.payload)
        except Unreadable as error:
            raise ChainBroken(attendance, row.seq, f"unreadable: {error}") from error
        if before is not None:
            found.append(before)
        found.append(event)
    return found


def fold(attendance: str, rows: list[Row], checkpoint: str | None = None) -> State:
    """The state: the journal folded, then the checkpoint. Raises ChainBroken."""
    verify_links(attendance, rows)
    state = State()
    for event in events_of(attendance, rows):
        state = step(state, event).state
    if checkpoint is not None:
        state = step(state, decode(checkpoint)[1]).state
    return state


class Ledger:
    """The state of an owned seat and what of it isn't written yet."""

    def __init__(
        self,
        attendance: str,
        epoch: int,
        rows: list[Row],
        checkpoint: str | None,
        standing: Standing | None = None,
    ) -> None:
        """``standing``: what was said last of this attendance."""
        self.attendance = attendance
        self.epoch = epoch
        self.state = fold(attendance, rows, checkpoint)
        self._due: tuple[State, int | None] = self.state, deadline(self.state)
        self._seq = rows[-1].seq if rows else 0
        self._hash = rows[-1].hash if rows else GENESIS
        self._quiet = checkpoint is not None
        self._rows: list[Row] = []
        self._concerns: list[Concern] = []
        self._head_before = self._seq
        self._standing = standing
        self.latest_at = rows[-1].at if rows else 0
        if checkpoint is not None:
            self.latest_at = max(self.latest_at, decode(checkpoint)[1].at)

    def apply(self, event: Event) -> tuple[Effect, ...]:
        """Step. A loud event leaves a row, with the quiet reports before it; a quiet one only changes the checkpoint."""
        if event.at < self.latest_at:  # a message that waited for something while another was handled
            event = replace(event, at=self.latest_at)
        before: Continued | None = None
        if self._quiet:
            before = continued(self.state, self.latest_at)
        result = step(self.state, event)
        changed = result.state is not self.state
        self.state = result.state
        if result.loud:
            self._append(event.at, encode(event, before))
            self._concerns += concerns_of(result.effects, self.state, self._seq, event.at)
            self._quiet = False
        elif changed:
            self._quiet = True
        self.latest_at = event.at
        return result.effects

    def _append(self, at: int, payload: str) -> None:
        self._seq += 1
        self._hash = row_hash(self._hash, self.attendance, self._seq, at, payload)
        self._rows.append(Row(self._seq, at, payload, self._hash))

    @property
    def has_rows(self) -> bool:
        """Whether anything loud isn't written yet."""
        return bool(self._rows)

    @property
    def standing(self) -> Standing:
        """What watchers may know, as of the newest event."""
        self._standing = standing_of(self.state, self.latest_at, self.epoch, self._seq, self._standing)
        return self._standing

    @property
    def due_at(self) -> int | None:
        """The next transition by itself."""
        if self._due[0] is not self.state:
            self._due = self.state, deadline(self.state)
        return self._due[1]

    def take(self) -> Save:
        """Everything that isn't written yet; the caller writes it or gives the seat up."""
        rows, self._rows = self._rows, []
        head_before, self._head_before = self._head_before, self._seq
        checkpoint = encode(continued(self.state, self.latest_at)) if self._quiet else None
        live = self.state.session is not None
        save = Save(self.attendance, self.epoch, rows, head_before, checkpoint, live, self.due_at)
        save.phase, save.connected = self.state.phase.value, live and self.state.connected
        save.concerns, self._concerns = tuple(self._concerns), []
        if rows:
            save.standing = encode_standing(self.standing)
        return save
