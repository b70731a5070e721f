"""Staff make a check themselves: take a request, see and hear the learner, decide (docs/adr/0021 and 0022)."""

import uuid
from collections.abc import Sequence

from classroom import notices
from classroom.attendance import service as attendance
from classroom.attendance.events import Event, PersonRequested, PersonWithdrawn
from classroom.attendance.reach import DONE, LOST, UNSURE, Unreachable, reach
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.people import faces, queue, requests
from classroom.people import service as people
from classroom.people.requests import PersonRequest
from classroom.people.rules import Account, RequestReason, Role, Unknown
from classroom.supervision.alerts import write
from classroom.supervision.rules import Forbidden, Refused, RefusedBecause


async def waiting(by: Account, class_ids: Sequence[str]) -> list[PersonRequest]:
    """Who asked for a person in these classes, in their order. Raises Unknown."""
    for class_id in class_ids:
        await scope.class_seen(by, class_id)
    return await queue.queue_of(class_ids)


async def take(by: Account, request_id: str) -> str:
    """Call the learner: their check begins now. The answer is its id.

    Raises Unknown, Forbidden, WrongState where a colleague is faster, Refused(NOT_NOW) where nobody is at the page.
    """
    one = await _mine_to_see(by, request_id)
    found = await _attendance(one)
    check = uuid.uuid4().hex
    await queue.take(request_id, by.id, check)
    try:
        answer = await say(found, "call", check, by.id)
    except Unreachable:
        answer = "NOT_NOW"  # should it have begun after all, nobody comes, and that is no strike but while studying
    if answer != DONE:
        await queue.ended(check, passed=None)
        raise Refused("NOT_NOW" if answer == LOST else answer)
    await _news(one.class_id)
    return check


async def put_back(by: Account, request_id: str) -> None:
    """Hang up without a verdict: the learner keeps the place, and it is no strike. Raises Unknown, Forbidden, Refused."""
    one, check = await _my_call(by, request_id)
    await say(await _attendance(one), "left", check, by.id)
    await queue.ended(check, passed=None)
    await _news(one.class_id)


async def decide(by: Account, request_id: str, reason: RefusedBecause | None) -> None:
    """The verdict of whoever sees the learner; ``reason``: why it is no.

    Raises Unknown, Forbidden, Refused(NOT_NOW) where they don't see each other, or not any more, Unreachable.
    """
    one, check = await _my_call(by, request_id)
    found = await _attendance(one)
    if reason is None:
        answer = await say(found, "passed", check, by.id)
    else:
        answer = await say(found, "failed", check, by.id, reason.value)
    if answer != DONE:
        raise Refused("NOT_NOW")
    await queue.ended(check, passed=reason is None)
    await _news(one.class_id)


async def attending(account_id: str, check: str) -> str | None:
    """The attendance whose check this account makes just now, or None."""
    one = await queue.call(check)
    if one is None or one.taken_by != account_id or one.class_id is None:
        return None
    return await attendance.reading_store().find(one.learner_id, one.class_id)


async def say(attendance_id: str, what: str, check: str, by: str, words: str = "") -> str:
    """Tell the learner's seat, in whatever process, what the proctor does; DONE, or a code. Raises Unreachable."""
    handled: set[str] = set()
    await notices.publish(
        "person", attendance=attendance_id, what=what, check=check, by=by, words=words, handled=handled
    )
    answer = next(iter(handled), "NOT_NOW")  # nobody has the seat: nobody is at the page
    if answer == UNSURE:
        raise Unreachable
    return answer


async def called_learner(by: Account, request_id: str) -> tuple[Account, bytes | None]:
    """Whom one is talking to, to compare with: the account, and the portrait where there is one. Raises as decide."""
    one, _ = await _my_call(by, request_id)
    found = await people.account(one.learner_id)
    if found is None:
        raise Unknown
    return found, await faces.portrait_jpeg(one.learner_id)


async def ask(learner_id: str, reason: RequestReason, class_id: str | None, check_id: str | None) -> PersonRequest:
    """The learner asks; from the next check on a person makes it. Raises RequestLimit."""
    one = await requests.request_person(learner_id, reason, class_id, check_id)
    if one.class_id is not None and await queue.way_of(learner_id, one.class_id) == "asked":
        await _reach(one, PersonRequested(now_ms()))
        await _news(one.class_id)
    return one


async def withdraw(learner_id: str, request_id: str) -> PersonRequest:
    """The learner asks for none any more. Raises Unknown, WrongState."""
    one = await requests.withdraw_request(request_id, learner_id)
    await answered(one)
    return one


async def answered(one: PersonRequest) -> None:
    """A request was closed without a call: by face again, unless another one is open."""
    if one.class_id is not None and await queue.way_of(one.learner_id, one.class_id) is None:
        await _reach(one, PersonWithdrawn(now_ms()))
    await _news(one.class_id)


async def _mine_to_see(by: Account, request_id: str) -> PersonRequest:
    one = await queue.find(request_id)
    if one.class_id is None:
        raise Unknown
    await scope.class_seen(by, one.class_id)
    if by.role not in (Role.STAFF, Role.PROCTOR):
        raise Forbidden
    return one


async def _my_call(by: Account, request_id: str) -> tuple[PersonRequest, str]:
    one = await _mine_to_see(by, request_id)
    if one.taken_by != by.id or one.call_check is None or one.handled_at_ms is not None:
        raise Refused("NOT_NOW")
    return one, one.call_check


async def _attendance(one: PersonRequest) -> str:
    found = await attendance.reading_store().find(one.learner_id, one.class_id or "")
    if found is None:
        raise Refused("NO_SESSION")  # never here yet
    return found


async def _reach(one: PersonRequest, event: Event) -> None:
    found = await attendance.reading_store().find(one.learner_id, one.class_id or "")
    if found is not None:
        await reach(found, event, write)


async def _news(class_id: str | None) -> None:
    if class_id is not None:
        await notices.publish("class_news", class_id=class_id, list="persons")
