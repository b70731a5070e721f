"""What processes say to each other arrives whole and in order, or both know that it doesn't."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from realtime.cluster.messages import Body, Claimed, Notice
from realtime.cluster.peers import Peers

pytestmark = pytest.mark.redis
WAIT_S = 15.0
KEY = "k" * 32


class Ear:
    """A process that only listens."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, Body]] = []
        self.lost_peers: list[str] = []
        self.joined_peers: list[str] = []
        self.connections = 0

    def heard(self, peer: str, body: Body) -> None:
        self.bodies.append((peer, body))

    def lost(self, peer: str) -> None:
        self.lost_peers.append(peer)

    def joined(self, peer: str) -> None:
        self.joined_peers.append(peer)

    def connected(self) -> None:
        self.connections += 1


@asynccontextmanager
async def _process(url: str, prefix: str, me: str, key: str = KEY) -> AsyncIterator[tuple[Peers, Ear]]:
    ear = Ear()
    peers = Peers(url, prefix, key, me, ear)
    peers.open()
    try:
        await _until(lambda: peers.up)
        yield peers, ear
    finally:
        await peers.close()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.02)


async def test_all_of_it_arrives_in_order_and_to_all_means_oneself_too(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    async with _process(redis_url, prefix, "a") as (a, hears_a), _process(redis_url, prefix, "b") as (b, hears_b):
        await _until(lambda: a.reaches("b") and b.reaches("a"))
        for number in range(500):
            a.send("b", Claimed(str(number)))
            b.send("a", Claimed(str(number)))
        a.send_all(Notice("portrait", {"learner_id": "x"}, None))
        notice = ("a", Notice("portrait", {"learner_id": "x"}, None))
        await _until(lambda: notice in hears_a.bodies and notice in hears_b.bodies)
        await _until(lambda: len(hears_a.bodies) == len(hears_b.bodies) == 501)
        await asyncio.sleep(1.2)  # a beat, which says how many there were
        sent = [Claimed(str(number)) for number in range(500)]
        assert [body for peer, body in hears_b.bodies if isinstance(body, Claimed)] == sent
        assert [body for peer, body in hears_a.bodies if isinstance(body, Claimed)] == sent
        assert (hears_a.lost_peers, hears_b.lost_peers) == ([], [])


@pytest.mark.parametrize("more", [True, False])
async def test_a_message_that_is_missing_ends_every_link_with_its_sender(redis_url: str, more: bool) -> None:
    """Whether something else follows or it was the last one, which only the next beat tells."""
    prefix = uuid.uuid4().hex
    async with _process(redis_url, prefix, "a") as (a, _), _process(redis_url, prefix, "b") as (b, hears_b):
        a.send("b", Claimed("first"))
        await _until(lambda: len(hears_b.bodies) == 1)
        a._sent["b"] += 1  # as if the layer had dropped one
        if more:
            a.send("b", Claimed("third"))
        await _until(lambda: hears_b.lost_peers == ["a"])
        assert b.up


async def test_who_is_silent_is_given_up_and_may_come_again(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    async with _process(redis_url, prefix, "b") as (b, hears_b):
        async with _process(redis_url, prefix, "a"):
            await _until(lambda: b.reaches("a"))
        await _until(lambda: hears_b.lost_peers == ["a"])
        assert not b.reaches("a")
        async with _process(redis_url, prefix, "a"):
            await _until(lambda: b.reaches("a"))


async def test_what_another_key_sealed_is_not_heard(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    async with _process(redis_url, prefix, "a") as (a, hears_a):
        ear = Ear()
        stranger = Peers(redis_url, prefix, "another key of thirty-two characters", "stranger", ear)
        stranger.open()
        try:
            await stranger._layer.group_send("all", {"b": b"not an envelope"})
            await asyncio.sleep(1.5)
        finally:
            await stranger.close()
        assert hears_a.bodies == []
        assert not a.reaches("stranger")
        assert a.up


async def test_without_redis_nothing_is_waited_for() -> None:
    peers = Peers("redis://127.0.0.1:1/0", "nobody", KEY, "a", Ear())
    peers.open()
    async with asyncio.timeout(WAIT_S):
        peers.send("b", Claimed("x"))
        await asyncio.sleep(0.2)
        assert not peers.up
        await peers.close()
