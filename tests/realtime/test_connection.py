"""What is queued for a page, and what happens to one that doesn't read."""

import asyncio
import json

import pytest

from realtime.connection import OUTBOX_MESSAGES, PER_LEARNER, AsgiMessage, Connection, Connections
from realtime.protocol import CLOSE_LOST_SEAT, CLOSE_TOO_FAST, CheckHint, Refused


def connection() -> Connection:
    return Connection(learner_id="l", device="d", session="s")


class Socket:
    """Takes what is written, once it may."""

    def __init__(self) -> None:
        self.sent: list[AsgiMessage] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message: AsgiMessage) -> None:
        await self.reads.wait()
        self.sent.append(message)


def refused(code: str) -> Refused:
    return Refused(seq=0, code=code)


async def test_what_is_queued_before_a_close_is_sent_before_it_and_nothing_after() -> None:
    page, socket = connection(), Socket()
    page.send(refused("a"))
    page.send(CheckHint(seq=0, check_id="c", reason=None))
    page.close(CLOSE_LOST_SEAT)
    page.close(CLOSE_TOO_FAST)
    page.send(refused("late"))
    await page.pump(socket.send)
    texts = [json.loads(str(message["text"])) for message in socket.sent[:-1]]
    assert [(text["type"], text["seq"]) for text in texts] == [("refused", 1), ("check_hint", 2)]
    assert socket.sent[-1] == {"type": "websocket.close", "code": CLOSE_LOST_SEAT}


async def test_a_page_that_reads_nothing_is_closed_instead_of_filling_the_memory() -> None:
    page, socket = connection(), Socket()
    for _ in range(OUTBOX_MESSAGES):
        page.send(refused("a"))
    assert not page.closing
    page.send(refused("one more"))
    assert page.close_code == CLOSE_TOO_FAST
    await page.pump(socket.send)
    assert socket.sent == [{"type": "websocket.close", "code": CLOSE_TOO_FAST}]


async def test_a_socket_that_takes_nothing_ends_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.connection.DRAIN_TIMEOUT_S", 0.05)
    page, socket = connection(), Socket()
    socket.reads.clear()
    page.send(refused("a"))
    await page.pump(socket.send)
    assert page.closing


def test_the_ninth_socket_of_a_learner_closes_the_oldest_and_nobody_elses() -> None:
    connections = Connections()
    other = Connection(learner_id="other", device="d", session="s")
    connections.add(other)
    mine = [connection() for _ in range(PER_LEARNER + 1)]
    for one in mine:
        connections.add(one)
    assert [one.close_code for one in mine] == [CLOSE_TOO_FAST] + [None] * PER_LEARNER
    assert not other.closing
    for one in (*mine, other):
        connections.discard(one)
    assert len(connections) == 0
