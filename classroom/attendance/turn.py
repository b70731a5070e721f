"""The moves that transitions are made of: accounting for time, closing segments, confirming, dropping, signing out."""

from typing import Any

from msgspec.structs import replace

from classroom.attendance.events import (
    CallPerson,
    Confirm,
    Correct,
    Drop,
    Effect,
    EndSession,
    Raise,
    ReleaseSlot,
    RequestSlot,
    SeekBack,
    Spend,
    TakeDraw,
    Way,
)
from classroom.attendance.segment import allowance, earn
from classroom.attendance.state import (
    CONFIRMING,
    Day,
    Held,
    Kind,
    Lesson,
    Lost,
    Phase,
    Rival,
    Segment,
    Session,
    State,
    day_of,
    midnight_after,
    overlap,
)


class Turn:
    """One step in the making; ``loud`` tells whether anything changed that the journal must hold."""

    __slots__ = ("effects", "loud", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.effects: list[Effect] = []
        self.loud = False

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.loud = True

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)
        self.loud = True
        match effect:
            case Spend(_, from_at, to_at, bucket, _) if bucket != "earned":
                self._not_counted(from_at, to_at)
            case Raise(flag):
                flags = dict(self.state.day.flags)
                flags[flag] = flags.get(flag, 0) + 1
                self.set(day=replace(self.state.day, flags=tuple(sorted(flags.items()))))
            case _:
                pass

    def _not_counted(self, from_at: int, to_at: int) -> None:
        """Into the day's sum; what lies after the midnight that an open segment hides waits for its day."""
        day, last = self.state.day, day_of(to_at - 1)
        if last > day.number:
            known = day.ahead[1] if day.ahead[0] == last else 0
            day = replace(day, ahead=(last, known + overlap(from_at, to_at, last)))
        self.set(day=replace(day, not_counted_ms=day.not_counted_ms + overlap(from_at, to_at, day.number)))

    # -------------------------------------------------------------- time

    def roll_day(self, at: int) -> None:
        """A new day begins for the cap and the failed checks; an open segment is split first, by its next report."""
        if self.state.segment is None and day_of(at) > self.state.day.number:
            number, ahead = day_of(at), self.state.day.ahead
            self.set(day=Day(number=number, not_counted_ms=ahead[1] if ahead[0] == number else 0))

    def spend(self, until: int, reason: str) -> None:
        """Give the session's time up to here a reason."""
        session = self.state.session
        if session is None or until <= session.accounted_to:
            return
        self.emit(Spend(session.id, session.accounted_to, until, reason, self.state.lesson))
        self.set(session=spent(session, until, reason))

    def account(self, at: int, gap: str | None = None) -> None:
        """Find a place for all time up to ``at``; ``gap`` names what came after the last report of an open segment."""
        if self.state.segment is not None:
            bucket = gap or ("FOCUS_LOST" if self.state.blurred_at is not None else "STALLED")
            if self.state.phase is not Phase.STUDYING:
                bucket = self._bucket()
            self.close_segment()
            self.spend(at, bucket)
        else:
            self.spend(at, gap or self._bucket())

    def _bucket(self) -> str:
        match self.state.phase:
            case Phase.AWAITING_LOGIN_CHECK | Phase.CHALLENGED:
                return "AWAITING_CHECK"
            case Phase.PAUSED:
                return self.state.reason or "SYSTEM_ERROR"
            case Phase.STUDYING:
                return "STALLED"
            case Phase.BROWSING | Phase.SIGNED_OUT:
                return "BROWSING"

    # -------------------------------------------------------------- segments

    def open_segment(self, at: int, position_ms: int, delivered_to_ms: int) -> None:
        """Playback runs from here; makes sure that a drawn check lies ahead."""
        lesson = self.open_lesson
        start = min(position_ms, lesson.earned_to_ms)
        most, limit = allowance(self.state)
        capped = most == 0 and limit == "DAILY_LIMIT"
        # At the cap the learner may watch on; else a position that isn't reached by playing on will show as a jump.
        segment = Segment(at, start, at, position_ms if capped else start, delivered_to_ms, capped)
        self.set(phase=Phase.STUDYING, reason=None, segment=segment, contact_at=at, blurred_at=None, waiting_since=None)
        if not segment.capped:
            self._draw_ahead(lesson.length_ms - start, covered=lesson.covered)

    def _draw_ahead(self, remaining_ms: int, *, covered: bool) -> None:
        """Rule 5: a moment nobody knows; a draw beyond the end of a lesson without one is taken again inside it.

        Not once a drawn moment slipped by (ADR 29): the shorter the rest of the lesson, the better could the next one be
        seen coming.
        """
        state, rules = self.state, self.state.rules
        inside = remaining_ms - rules.end_tolerance_ms
        within = not covered and not state.slipped
        if state.draw_at_ms is None:
            # After a lost check some time is held already: the new draw falls before the limit where it can.
            latest = max(2 * rules.drawn_from_ms, min(rules.drawn_to_ms, rules.held_most_ms - state.held_ms))
            latest = min(latest, rules.drawn_to_ms)
            if within and inside > rules.drawn_from_ms:
                latest = min(latest, inside)
            self.emit(TakeDraw(rules.drawn_from_ms, latest))
        elif within and state.draw_at_ms - state.studied_ms > inside:
            earliest = max(0, rules.drawn_from_ms - state.studied_ms)
            if inside > earliest:
                self.emit(TakeDraw(earliest, inside))

    def report(self, at: int, position_ms: int, delivered_to_ms: int) -> None:
        """Take the page's word for its position, and the server's for time and delivery; quiet."""
        segment = self.state.segment
        if segment is None:
            return
        if day_of(at) > day_of(segment.opened_at):
            self._split_at_midnight(segment, position_ms, delivered_to_ms)
            segment = self.state.segment
            if segment is None:
                return
        last_at = at if segment.frozen_at is None else min(at, segment.frozen_at)
        moved = replace(
            segment,
            last_at=max(segment.last_at, last_at),
            position_ms=position_ms,
            delivered_to_ms=max(segment.delivered_to_ms, delivered_to_ms),
        )
        self.state = replace(self.state, segment=moved)

    def _split_at_midnight(self, segment: Segment, position_ms: int, delivered_to_ms: int) -> None:
        """Rule 10: each second uses the cap of the day on which it was watched."""
        midnight = midnight_after(segment.opened_at)
        if segment.frozen_at is not None and segment.frozen_at <= midnight:
            return
        there = min(position_ms, segment.position_ms + max(0, midnight - segment.last_at))
        delivered = max(segment.delivered_to_ms, delivered_to_ms)
        before = self.state
        self.set(segment=replace(segment, last_at=midnight, position_ms=there, delivered_to_ms=delivered))
        self.close_segment()
        self.roll_day(midnight)
        if segment.capped and there > self.open_lesson.earned_to_ms + self.state.rules.ahead_tolerance_ms:
            self.emit(
                SeekBack(self.open_lesson.earned_to_ms, "AHEAD")
            )  # watched on at the cap: the new day begins here
            return
        self.open_segment(midnight, there, delivered)
        self.set(
            phase=before.phase, reason=before.reason, contact_at=before.contact_at, waiting_since=before.waiting_since
        )
        if segment.frozen_at is not None and self.state.segment is not None:
            self.set(segment=replace(self.state.segment, frozen_at=segment.frozen_at))

    def freeze(self, at: int) -> None:
        """The server interrupts: nothing is earned from here, the page's last position is still awaited."""
        segment = self.state.segment
        if segment is not None and segment.frozen_at is None:
            self.set(segment=replace(segment, frozen_at=at, last_at=min(segment.last_at, at)))

    @property
    def earned_to_ms(self) -> int:
        """How far the open lesson is earned, its open segment included."""
        lesson, segment = self.open_lesson, self.state.segment
        gain = 0 if segment is None else earn(segment, lesson, *allowance(self.state)).gain_ms
        return lesson.earned_to_ms + gain

    def close_segment(self) -> None:
        """Turn the segment into held time and reasons, as of its last report."""
        segment, session = self.state.segment, self.state.session
        if segment is None or session is None:
            return
        lesson = self.open_lesson
        earning = earn(segment, lesson, *allowance(self.state))
        self.set(segment=None)
        cursor = segment.opened_at
        for bucket, ms in (("REPEATED", earning.repeated_ms), ("earned", earning.gain_ms), *earning.rest):
            if ms:
                self.emit(Spend(session.id, cursor, cursor + ms, bucket, lesson.id))
                cursor += ms
                earned = bucket == "earned"
                session = replace(session, accounted_to=cursor) if earned else spent(session, cursor, bucket)
        self.set(session=replace(session, accounted_to=segment.last_at))
        if earning.gain_ms:
            self._hold(session.id, lesson, day_of(segment.opened_at), earning.gain_ms)
        if not segment.capped:
            self.set(studied_ms=self.state.studied_ms + segment.last_at - segment.opened_at)

    def _hold(self, session: str, lesson: Lesson, day: int, gain_ms: int) -> None:
        start, end = lesson.earned_to_ms, lesson.earned_to_ms + gain_ms
        held = self.state.held
        last = held[-1] if held else None
        if last and (last.session, last.lesson, last.day, last.to_ms) == (session, lesson.id, day, start):
            held = (*held[:-1], replace(last, to_ms=end))
        else:
            held = (*held, Held(session, lesson.id, day, start, end))
        self.set(held=held)
        self.set_lesson(replace(lesson, earned_to_ms=end))

    # -------------------------------------------------------------- lessons

    @property
    def open_lesson(self) -> Lesson:
        lesson = self.state.lesson_of(self.state.lesson or "")
        if lesson is None:  # pragma: no cover  # a segment is only opened on a lesson of the course
            raise LookupError("no lesson is open")
        return lesson

    def set_lesson(self, changed: Lesson) -> None:
        lessons = tuple(changed if lesson.id == changed.id else lesson for lesson in self.state.lessons)
        self.set(lessons=lessons)

    # -------------------------------------------------------------- what a check decides

    def confirm(self, check: str, kind: Kind) -> None:
        """Rule 4: everything held is counted, everywhere."""
        state = self.state
        day = state.day
        today = sum(stretch.ms for stretch in state.held if stretch.day == day.number)
        self.set(
            lessons=tuple(replace(lesson, counted_to_ms=lesson.earned_to_ms) for lesson in state.lessons),
            session=_counted(state.session, state.held),
            last_session=_counted(state.last_session, state.held),
            held=(),
            day=replace(day, counted_ms=day.counted_ms + today),
            studied_ms=0,
            draw_at_ms=None,
            slipped=False,
        )
        self.emit(Confirm(check, kind))

    def drop(self, at: int, reason: str) -> int:
        """Rule 6: everything held is lost, and may be watched again; returns what it cost in ms."""
        state = self.state
        cost = state.held_ms
        today = sum(stretch.ms for stretch in state.held if stretch.day == state.day.number)
        stretches = tuple(
            (lesson.id, lesson.counted_to_ms, lesson.earned_to_ms)
            for lesson in state.lessons
            if lesson.earned_to_ms > lesson.counted_to_ms
        )
        self.set(
            lost=Lost(at, reason, stretches) if stretches else state.lost,
            lessons=tuple(
                replace(
                    lesson,
                    earned_to_ms=lesson.counted_to_ms,
                    dropped_to_ms=max(lesson.dropped_to_ms, lesson.earned_to_ms),
                )
                if lesson.earned_to_ms > lesson.counted_to_ms
                else lesson
                for lesson in state.lessons
            ),
            session=_dropped(state.session, state.held, reason),
            last_session=_dropped(state.last_session, state.held, reason),
            held=(),
            day=replace(state.day, not_counted_ms=state.day.not_counted_ms + today),
            studied_ms=0,
            draw_at_ms=None,
            slipped=False,
        )
        self.emit(Drop(reason, cost, stretches))
        return cost

    def correct(self, at: int, about: str, stretches: tuple[tuple[str, int, int], ...]) -> None:
        """Rule 11: positions that were dropped and not earned since are counted; never seconds, and the cap isn't charged."""
        given = []
        for name, start, end in stretches:
            lesson = self.state.lesson_of(name)
            if lesson is None or start > lesson.counted_to_ms:
                continue
            end = min(end, lesson.dropped_to_ms)
            if end > lesson.counted_to_ms:
                given.append((name, lesson.counted_to_ms, end))
                self.set_lesson(replace(lesson, counted_to_ms=end, earned_to_ms=max(end, lesson.earned_to_ms)))
        repeated = self._trim_held()
        self._trim_lost()
        self.emit(Correct(at, about, tuple(given), repeated))

    def _trim_held(self) -> tuple[tuple[str, int], ...]:
        """What is held below the counted point was watched for nothing: REPEATED in its session."""
        state = self.state
        kept: list[Held] = []
        below: list[Held] = []
        for stretch in state.held:
            lesson = state.lesson_of(stretch.lesson)
            counted_to = 0 if lesson is None else lesson.counted_to_ms
            if stretch.from_ms < counted_to:
                below.append(replace(stretch, to_ms=min(stretch.to_ms, counted_to)))
            if stretch.to_ms > counted_to:
                kept.append(replace(stretch, from_ms=max(stretch.from_ms, counted_to)))
        lost = tuple(below)
        today = sum(stretch.ms for stretch in lost if stretch.day == state.day.number)
        self.set(
            held=tuple(kept),
            session=_dropped(state.session, lost, "REPEATED"),
            last_session=_dropped(state.last_session, lost, "REPEATED"),
            day=replace(state.day, not_counted_ms=state.day.not_counted_ms + today),
        )
        return tuple((stretch.lesson, stretch.ms) for stretch in lost)

    def _trim_lost(self) -> None:
        """What was given back needn't be watched again."""
        lost = self.state.lost
        if lost is None:
            return
        counted = {lesson.id: lesson.counted_to_ms for lesson in self.state.lessons}
        left = tuple((name, max(start, counted[name]), end) for name, start, end in lost.stretches if end > counted[name])
        self.set(lost=replace(lost, stretches=left) if left else None)

    # -------------------------------------------------------------- owing a check

    def owe(self, kind: Kind) -> None:
        """A check must come; the media plane is asked for a slot, or a person is called."""
        if self.state.session is not None:
            self.set(owed=kind, requested=True)
            self.call(self.state.session.id, kind, person=self.state.person is not None)

    def call(self, session: str, kind: Kind, *, person: bool) -> None:
        """Ask for who makes the check."""
        if person:
            self.emit(CallPerson(session, kind, told=kind is Kind.LOGIN or self.state.phase is not Phase.STUDYING))
        else:
            self.emit(RequestSlot(session, kind))

    def release(self) -> None:
        """The learner leaves before the check that is due: once they were told to wait, it comes back as a resume check.

        Whoever leaves then may know that a check is near and chooses when to return: that moment confirms nothing, and the
        drawn one is drawn anew (rule 4).
        """
        if self.state.requested and self.state.session is not None:
            self.emit(ReleaseSlot(self.state.session.id))
            if self.state.owed is Kind.CLOSING:
                self.set(owed=None)  # the lesson's end asks for it again
            elif self.state.owed is Kind.DRAWN and self.state.phase is Phase.STUDYING:
                self.set(owed=None)  # nobody was told: it is still due, whoever pauses every second gains nothing
            elif self.state.waits_for_person:
                pass  # whenever they come back: its moment is the proctor's, not theirs
            elif self.state.owed in CONFIRMING:
                self.forget_draw(self.state.owed)
                self.set(owed=Kind.RESUME)
            self.set(requested=False)

    def checked_by(self, person: Way | None) -> None:
        """By a person from now on, or by face again: then a drawn moment that came meanwhile is known, and drawn anew.

        Its check confirms nothing any more (rule 4), nor does a lesson's end: whoever lets a moment slip while a person
        is waited for would come for that alone (ADR 21, 29).
        """
        state, segment = self.state, self.state.segment
        if person is None and state.person is not None:
            studied = state.studied_ms + (0 if segment is None or segment.capped else segment.last_at - segment.opened_at)
            if state.owed is Kind.DRAWN or (state.draw_at_ms is not None and studied >= state.draw_at_ms):
                self.set(draw_at_ms=None, slipped=True)
            if state.owed in (Kind.DRAWN, Kind.ASKED):
                self.set(owed=Kind.RESUME)
        if state.person != person:
            self.set(person=person)

    def forget_draw(self, kind: Kind | None) -> None:
        """A drawn moment that became known is drawn anew; any other check leaves it where it was (rule 5)."""
        if kind is Kind.DRAWN:
            self.set(draw_at_ms=None, slipped=True)

    def follow(self, rival: Rival) -> None:
        """The other device's session is the seat's now; it brings what was in force when it was offered."""
        day = self.state.day
        same_day = day_of(rival.session.offered_at) == day.number
        used = rival.used_elsewhere_ms if same_day else 0
        self.set(rules=rival.rules, day=replace(day, used_elsewhere_ms=used))
        self.checked_by(rival.person)

    def stop_waiting(self, at: int) -> None:
        """The idle clock stood still while the learner waited for us."""
        since = self.state.waiting_since
        if since is not None:
            self.set(waiting_since=None, interacted_at=self.state.interacted_at + max(0, at - since))

    def pause(self, at: int, reason: str, gap: str | None = None) -> None:
        """Stop earning; whatever check was about to come is released."""
        self.account(at, gap)
        self.release()
        self.stop_waiting(at)
        self.set(phase=Phase.PAUSED, reason=reason, blurred_at=None)

    def sign_out(self, at: int, reason: str) -> None:
        """End the session; what is held stays held. A rival waiting for its login check is next."""
        self.account(at)
        self.release()
        self.stop_waiting(at)
        session = self.state.session
        if session is None:
            return
        self.emit(EndSession(at, session.id, reason))
        self.set(
            phase=Phase.SIGNED_OUT,
            reason=reason,
            session=None,
            last_session=replace(session, ended_at=at, ended_reason=reason),
            lesson=None,
            segment=None,
            check=None,
            owed=None,
            connected=False,
            hidden=False,
            blurred_at=None,
        )

    def seek_back(self, flag: str) -> None:
        self.emit(SeekBack(self.open_lesson.earned_to_ms, "AHEAD"))
        self.emit(Raise(flag))


def spent(session: Session, until: int, reason: str) -> Session:
    """The session with its time up to ``until`` under this reason."""
    tally = dict(session.not_counted_ms)
    tally[reason] = tally.get(reason, 0) + until - session.accounted_to
    return replace(session, accounted_to=until, not_counted_ms=tuple(sorted(tally.items())))


def _own(session: Session, held: tuple[Held, ...]) -> int:
    return sum(stretch.ms for stretch in held if stretch.session == session.id)


def _counted(session: Session | None, held: tuple[Held, ...]) -> Session | None:
    return None if session is None else replace(session, counted_ms=session.counted_ms + _own(session, held))


def _dropped(session: Session | None, held: tuple[Held, ...], reason: str) -> Session | None:
    if session is None or not (ms := _own(session, held)):
        return session
    tally = dict(session.not_counted_ms)
    tally[reason] = tally.get(reason, 0) + ms
    return replace(session, not_counted_ms=tuple(sorted(tally.items())))
