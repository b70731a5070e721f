"""The classroom socket over a real connection: who gets in, what each bad message costs."""

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from realtime.protocol import (
    CLOSE_MALFORMED,
    CLOSE_NOT_ENROLLED,
    CLOSE_RESTART,
    CLOSE_TOO_FAST,
    CLOSE_TOO_LARGE,
    CLOSE_UNAUTHENTICATED,
    CLOSE_VERSION,
    MAX_MESSAGE_BYTES,
    Beat,
    CheckAck,
    Shown,
)
from tests.realtime.room import CLASS, EXPIRES_AT_MS, LEARNER, Room, closed_with
from verify.protocol import Failed, FirstFrame, Passed, Prompt, Reason

HELLO = {"type": "hello", "version": 1, "class_id": CLASS}


async def say(socket: ClientConnection, *messages: dict[str, object]) -> None:
    for message in messages:
        await socket.send(json.dumps(message))


async def hear(socket: ClientConnection, kind: str) -> dict[str, object]:
    """The next message, which is of that type."""
    async with asyncio.timeout(5):
        message: dict[str, object] = json.loads(await socket.recv())
    assert message["type"] == kind, message
    return message


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)


async def test_a_page_of_another_site_is_refused_before_the_socket_opens(room: Room) -> None:
    for origin in ("http://evil.example", None, "null"):
        with pytest.raises(InvalidStatus) as refused:
            async with room.connect(origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_a_host_that_is_not_ours_is_refused_although_the_origin_fits(room: Room) -> None:
    """DNS rebinding: the attacker's name resolves to us, so Origin and Host agree."""
    from realtime.origin import same_origin

    headers = {b"origin": b"http://evil.example:8900", b"host": b"evil.example:8900"}
    assert not same_origin(headers, ["127.0.0.1"])
    assert same_origin({b"origin": b"https://127.0.0.1:8900", b"host": b"127.0.0.1:8900"}, ["127.0.0.1"])


async def test_without_a_live_web_session_the_socket_is_closed_with_a_code(room: Room) -> None:
    async with room.connect(cookie="ended") as socket:
        assert await closed_with(socket) == CLOSE_UNAUTHENTICATED


async def test_hello_takes_the_seat_and_messages_reach_it_in_order(room: Room) -> None:
    room.seats.may_attach.clear()
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "shown"}, {"type": "check_ack", "check_id": "c"})
        await asyncio.sleep(0)
        assert room.seats.seat.received == []
        room.seats.may_attach.set()
        await hear(socket, "welcome")
        await say(socket, {"type": "beat", "position_ms": 5, "playing": True, "interacted": False})
        await until(lambda: len(room.seats.seat.received) == 3)
    assert room.seats.seat.received == [
        Shown(),
        CheckAck(check_id="c"),
        Beat(position_ms=5, playing=True, interacted=False),
    ]
    await until(lambda: room.seats.seat.detached == room.seats.seat.connections)
    [connection] = room.seats.seat.connections
    assert (connection.learner_id, connection.class_id) == (LEARNER, CLASS)
    assert len(room.connections) == 0


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "shown"}, CLOSE_MALFORMED),
        ({**HELLO, "version": 2}, CLOSE_VERSION),
        ({**HELLO, "class_id": "another"}, CLOSE_NOT_ENROLLED),
        ({**HELLO, "class_id": "x" * 200}, CLOSE_MALFORMED),
    ],
    ids=["not hello", "old page", "not enrolled", "absurd id"],
)
async def test_a_wrong_first_message_closes_with_its_code(room: Room, first: dict[str, object], code: int) -> None:
    async with room.connect() as socket:
        await say(socket, first)
        assert await closed_with(socket) == code


async def test_silence_instead_of_hello_is_closed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.consumer.HELLO_TIMEOUT_S", 0.05)
    async with room.connect() as socket:
        assert await closed_with(socket) == CLOSE_MALFORMED


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        "{}",
        '{"type": 5}',
        '{"type": "beat"}',
        '{"type": "beat", "position_ms": -1, "playing": true, "interacted": false}',
        '{"type": "beat", "position_ms": 1e999, "playing": true, "interacted": false}',
        '{"type": "beat", "position_ms": 99999999999999999999999, "playing": true, "interacted": false}',
        '{"type": "shown", "extra": 1}',
        '{"type": "hello", "version": 1, "class_id": "class-1"}',
        "[" * 5000,
        b"\x00\xff",
    ],
)
async def test_a_malformed_message_closes_the_socket(room: Room, frame: str | bytes) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO)
        await hear(socket, "welcome")
        await socket.send(frame)
        assert await closed_with(socket) == CLOSE_MALFORMED
    assert room.seats.seat.received == []


async def test_an_oversize_message_closes_the_socket(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "check_offer", "check_id": "c", "sdp": "x" * MAX_MESSAGE_BYTES})
        assert await closed_with(socket) == CLOSE_TOO_LARGE


async def test_an_unknown_type_is_refused_and_the_sixth_in_a_minute_closes(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO)
        await hear(socket, "welcome")
        for number in range(5):
            await say(socket, {"type": f"new_{number}", "x": 1})
            refused = await hear(socket, "refused")
            assert (refused["code"], refused["message_type"]) == ("UNKNOWN_TYPE", f"new_{number}")
        await say(socket, {"type": "new_6"})
        assert await closed_with(socket) == CLOSE_MALFORMED


async def test_a_flood_is_closed_and_never_reaches_the_seat_whole(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO)
        await hear(socket, "welcome")
        for _ in range(60):
            await say(socket, {"type": "shown"})
        assert await closed_with(socket) == CLOSE_TOO_FAST
    assert len(room.seats.seat.received) <= 20


async def test_messages_of_the_server_are_numbered_without_a_gap(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO)
        await hear(socket, "welcome")
        await say(socket, {"type": "a"}, {"type": "b"}, {"type": "c"})
        assert [(await hear(socket, "refused"))["seq"] for _ in range(3)] == [1, 2, 3]


async def test_an_ended_web_session_closes_its_sockets_only(room: Room) -> None:
    async with room.connect() as mine, room.connect() as too:
        await say(mine, HELLO)
        await say(too, HELLO)
        await until(lambda: len(room.seats.seat.connections) == 2)
        first, second = room.seats.seat.connections
        second.session = "another"
        await room.connections.session_ended(account_id=LEARNER, session=first.session)
        await until(lambda: first.closing)
        assert not second.closing
        await hear(mine, "welcome")
        assert await closed_with(mine) == CLOSE_UNAUTHENTICATED


async def test_a_socket_ends_when_its_web_session_expires_and_not_before(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO)
        await hear(socket, "welcome")
        room.connections.expire(EXPIRES_AT_MS - 1)
        await say(socket, {"type": "a"})
        await hear(socket, "refused")
        room.connections.expire(EXPIRES_AT_MS)
        assert await closed_with(socket) == CLOSE_UNAUTHENTICATED


async def test_a_seat_that_cannot_be_had_in_time_sends_the_page_away_to_come_back(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.consumer.OUTSIDE_TIMEOUT_S", 0.05)

    async def hangs(learner_id: str, class_id: str) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr("classroom.courses.service.is_enrolled", hangs)
    async with room.connect() as socket:
        await say(socket, HELLO)
        assert await closed_with(socket) == CLOSE_RESTART


async def test_nothing_with_a_camera_begins_without_consent(room: Room) -> None:
    """人脸识别技术应用安全管理办法 5 and PIPL 29: separate consent first."""
    room.consent[0] = None
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "begin"}, {"type": "rehearse", "purpose": "practice"})
        await hear(socket, "welcome")
        first, second = await hear(socket, "refused"), await hear(socket, "refused")
    assert [(one["code"], one["message_type"]) for one in (first, second)] == [
        ("CONSENT_NEEDED", "begin"),
        ("CONSENT_NEEDED", "rehearse"),
    ]
    assert room.media.checks == []
    assert room.seats.seat.received == []


async def test_no_rehearsal_while_a_check_of_the_record_is_open(room: Room) -> None:
    room.seats.seat.check_open = True
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "practice"})
        await hear(socket, "welcome")
        assert (await hear(socket, "refused"))["code"] == "CHECK_OPEN"


async def test_a_practice_goes_from_push_to_verdict_and_tells_no_score(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "practice"})
        await hear(socket, "welcome")
        pushed = (await hear(socket, "check_pushed"))["check"]
        assert isinstance(pushed, dict)
        check_id = pushed["check_id"]
        assert (pushed["kind"], pushed["tries_left"], pushed["acknowledged"]) == ("practice", 3, False)
        [check] = room.media.checks
        assert len(check.request.scripts) == 3
        assert check.request.portrait is None
        await say(socket, {"type": "check_ack", "check_id": check_id})
        await say(socket, {"type": "check_offer", "check_id": check_id, "sdp": "o"})
        assert (await hear(socket, "check_answer"))["sdp"] == "answer to o"
        check.says.put_nowait(FirstFrame())
        moved = (await hear(socket, "check_pushed"))["check"]
        assert isinstance(moved, dict)
        assert moved["deadline_ms"] < pushed["deadline_ms"]
        action = check.request.scripts[0].steps[0].action
        check.says.put_nowait(Prompt(try_no=1, index=0, total=3, action=action, within_ms=8000))
        assert (await hear(socket, "check_prompt"))["action"] == action.value
        check.says.put_nowait(Passed(evidence_jpeg=b"j", embedding=[0.0] * 128, score=0.9, threshold=0.45, model="m"))
        ended = await hear(socket, "check_ended")
    assert ended | {"seq": 0} == {
        "type": "check_ended",
        "seq": 0,
        "check_id": check_id,
        "kind": "practice",
        "outcome": "passed",
        "reason": None,
        "cost_ms": 0,
    }
    assert room.seats.seat.received == []
    await until(check.aborted.is_set)


async def test_a_passed_enrolment_hands_in_the_portrait_of_the_same_frames(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[tuple[str, bytes, list[float]]] = []

    async def submit_portrait(learner_id: str, jpeg: bytes, embedding: list[float]) -> None:
        submitted.append((learner_id, jpeg, embedding))

    monkeypatch.setattr("classroom.people.faces.submit_portrait", submit_portrait)
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "enrol"})
        await hear(socket, "welcome")
        await hear(socket, "check_pushed")
        passed = Passed(evidence_jpeg=b"j", embedding=[0.5] * 128, score=None, threshold=None, model="m")
        room.media.checks[0].says.put_nowait(passed)
        assert (await hear(socket, "check_ended"))["outcome"] == "passed"
    assert submitted == [(LEARNER, b"j", [0.5] * 128)]


async def test_a_failed_enrolment_says_why_and_hands_in_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def submit_portrait(learner_id: str, jpeg: bytes, embedding: list[float]) -> None:
        raise AssertionError("a failed check must not enrol")

    monkeypatch.setattr("classroom.people.faces.submit_portrait", submit_portrait)
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "enrol"})
        await hear(socket, "welcome")
        await hear(socket, "check_pushed")
        failed = Failed(reason=Reason.SPOOF, missed=False, evidence_jpeg=None, score=None, threshold=None, model="m")
        room.media.checks[0].says.put_nowait(failed)
        ended = await hear(socket, "check_ended")
    assert (ended["outcome"], ended["reason"]) == ("failed", "SPOOF")


async def test_a_rehearsal_outlives_a_camera_error_and_frees_its_slot_when_it_is_left(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "practice"})
        await hear(socket, "welcome")
        await hear(socket, "check_pushed")
        [check] = room.media.checks
        await say(socket, {"type": "camera_error", "check_id": check.check_id, "code": "NOT_ALLOWED"})
        await say(socket, {"type": "rehearse_end"})
        assert (await hear(socket, "check_ended"))["outcome"] == "withdrawn"
        await until(check.aborted.is_set)


async def test_a_socket_that_breaks_frees_the_slot_of_its_rehearsal(room: Room) -> None:
    async with room.connect() as socket:
        await say(socket, HELLO, {"type": "rehearse", "purpose": "practice"})
        await hear(socket, "welcome")
        await hear(socket, "check_pushed")
        socket.transport.abort()
    await until(room.media.checks[0].aborted.is_set)
    await until(lambda: len(room.connections) == 0)
