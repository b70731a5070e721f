"""Forged, replayed, mistimed and missing messages over the real socket: none makes a second count.

The rest of the list is in test_cheats.py; what a camera shows, in tests/verify/test_replays.py; strategies, in tests/attendance.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from typing import get_args
from urllib.parse import urljoin

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from realtime import protocol as p
from tests.live.camera import Told
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, counted_ms, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = pytest.mark.slow

LENGTH_MS = 20_000
SEGMENT_MS = 1_000
_numbers = count()
_json = msgspec.json.Encoder()

Arrives = Callable[..., "asyncio.Future[Learner]"]


@pytest.fixture(scope="module")
def server(open_server: Open) -> Iterator[Server]:
    slow = {"ANXUE_MEDIA_SLOT_MS": "200"}  # as a media plane that has more to do: time to leave in, if one were told
    server = open_server(Plan(lessons=((LENGTH_MS, SEGMENT_MS),), learners=24, environment=slow))
    yield server
    status, said = server.replay()
    assert status == 0, said


@pytest_asyncio.fixture
async def arrives(server: Server) -> AsyncIterator[Callable[..., object]]:
    """Somebody signs in and enters the classroom: a person of their own, unless named."""
    async with AsyncExitStack() as stack:

        async def one(account: str | None = None) -> Learner:
            learner = Learner(server, account or f"learner-{next(_numbers)}")
            await stack.enter_async_context(learner)
            await learner.sign_in()
            return await learner.enter()

        yield one


class ByKind(Told):
    """Shows something else at a drawn check than at those whose moment one chooses."""

    def __init__(self, learner: Learner, at_drawn: str) -> None:
        super().__init__("passes")
        self._learner, self._at_drawn = learner, at_drawn

    async def offer(self) -> str:
        check = self._learner.check
        return "passes" if check is None or check.kind in ("login", "resume") else self._at_drawn


def clock_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


def text(message: p.FromPage) -> str:
    return _json.encode(message).decode()


def drawn_ended(learner: Learner) -> bool:
    return any(ended.kind == "drawn" for ended in learner.of(p.CheckEnded))


def test_no_message_of_a_page_carries_an_instant() -> None:
    """A browser's clock that was moved can't matter: nothing that a page says has a time in it."""
    fields = {(name, one) for one in get_args(p.FromPage) for name in one.__struct_fields__}
    numbers = {name for name, one in fields if "int" in str(one.__annotations__[name])}
    assert numbers == {"version", "last_seq", "position_ms"}


async def test_replayed_and_reordered_heartbeats_earn_nothing(arrives: Arrives) -> None:
    """Byte for byte what was once said, in order and backwards, before and after a reconnect."""
    cheat = await arrives()
    cheat.camera = ByKind(cheat, "nobody")
    await cheat.begin()
    await cheat.open()
    cheat.obeys = False
    started = clock_ms()
    cheat.video.start()
    said = [text(p.Play(position_ms=0))]
    cheat.send_text(said[0])
    for _ in range(4):
        await asyncio.sleep(0.15)
        said.append(text(p.Beat(position_ms=cheat.video.position_ms, playing=True, interacted=True)))
        cheat.send_text(said[-1])
    cheat.video.stop()
    watched_ms = clock_ms() - started
    for one in (*said[1:], *reversed(said[1:])):
        cheat.send_text(one)
    cheat.pause()
    await cheat.until_phase("paused", "challenged")
    held_ms = cheat.view.held_ms if cheat.view else 0
    assert 0 < held_ms <= watched_ms + 100

    await cheat.drop()
    await cheat.come_back()
    for one in (*said[1:], *reversed(said[1:]), *said[1:]):
        cheat.send_text(one)
    await asyncio.sleep(1.0)  # as long as they would have earned
    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) <= held_ms
    assert counted_ms(record) == 0


@pytest.mark.parametrize("first", ["fails", "passes"])
async def test_a_check_has_one_answer(arrives: Arrives, first: str) -> None:
    """Answered again after its verdict, and from the session after it: the verdict stands, no other check is answered."""
    cheat = await arrives()
    cheat.camera = ByKind(cheat, first)
    await cheat.begin()
    await cheat.open()
    await cheat.play()
    await cheat.until(lambda: drawn_ended(cheat))
    [drawn] = {ended.check_id for ended in cheat.of(p.CheckEnded) if ended.kind == "drawn"}
    counted = counted_ms(await cheat.record())

    async def answer_again() -> None:
        for _ in range(2):
            cheat.send(p.CheckAck(check_id=drawn, position_ms=LENGTH_MS))
            cheat.send(p.CheckOffer(check_id=drawn, sdp="passes"))
        await asyncio.sleep(0.5)

    cheat.pause()
    await answer_again()
    if first == "passes":
        await cheat.sign_out()
        await answer_again()
    cheat.answers = False
    cheat.send(p.Begin())  # a new session, whose login check isn't answered by an older one's id
    await cheat.until_phase("challenged")
    await answer_again()
    assert cheat.view and cheat.view.phase in ("challenged", "signed_out")

    record = await cheat.record()
    assert_sound(record)
    verdict = "passed" if first == "passes" else "failed"
    assert [one for one in outcomes(record) if one[1] is not None][:2] == [("login", "passed"), ("drawn", verdict)]
    assert outcomes(record)[2][1] in (None, "missed")
    assert counted_ms(record) == counted
    assert first == "passes" or earned_ms(record) == 0


async def test_a_check_answered_after_its_deadline_is_missed(arrives: Arrives) -> None:
    """Rule 6; also a camera that is pulled (rule 8), and every way of leaving, don't move the deadline."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    cheat.obeys = cheat.answers = False
    await cheat.play()
    await cheat.until_phase("challenged")
    check = cheat.check
    assert check is not None and check.deadline_ms is not None
    pushed = clock_ms()
    cheat.send(p.CameraError(check_id=check.check_id, code="NOT_FOUND"))
    for leaving in (
        p.SignOut(position_ms=0), p.Leave(position_ms=0), p.Pause(position_ms=0), p.Hidden(position_ms=0),
        p.Shown(), p.OpenLesson(lesson_id="lesson-1"), p.Play(position_ms=0), p.Begin(),
    ):  # fmt: skip
        cheat.send(leaving)
    view = await cheat.until_phase("signed_out")
    waited_ms = clock_ms() - pushed
    cheat.send(p.CheckOffer(check_id=check.check_id, sdp="passes"))
    await asyncio.sleep(0.3)

    record = await cheat.record()
    assert_sound(record)
    assert view.reason == "CHECK_MISSED"
    assert {one.deadline_ms for one in (told.check for told in cheat.of(p.View)) if one and one.kind == "drawn"} <= {
        check.deadline_ms
    }
    assert waited_ms <= BRISK["camera_ms"] + BRISK["window_ms"] + 1_500
    assert {no.code for no in cheat.of(p.Refused)} >= {"CHECK_OPEN", "ALREADY_HERE"}
    assert outcomes(record) == [("login", "passed"), ("drawn", "missed")]
    assert earned_ms(record) == 0


async def test_a_stream_that_kills_its_decoder_at_every_drawn_check_counts_nothing(
    arrives: Arrives, server: Server
) -> None:
    """Rule 7: once a day a fault is believed; the second on the same learner's stream is missed, and flagged."""
    cheat = await arrives()
    cheat.camera = ByKind(cheat, "breaks")
    await cheat.begin()
    await cheat.open()
    flags = server.lines().count("spoof")
    await cheat.play()
    await cheat.until_phase("signed_out")

    record = await cheat.record()
    assert_sound(record)
    assert outcomes(record) == [
        ("login", "passed"), ("drawn", "provider_down"), ("resume", "passed"), ("drawn", "missed"),
    ]  # fmt: skip
    assert earned_ms(record) == 0
    assert server.lines().count("spoof") > flags


async def test_the_start_skipped_earns_nothing(arrives: Arrives) -> None:
    """Beats without a session, play before the login check, beats without play: refused, or worth nothing."""
    cheat = await arrives()
    for message in (p.OpenLesson(lesson_id="lesson-1"), p.Play(position_ms=0), p.SignOut(position_ms=LENGTH_MS)):
        cheat.send(message)
    cheat.send(p.Beat(position_ms=LENGTH_MS, playing=True, interacted=True))
    await cheat.until(lambda: len(cheat.of(p.Refused)) >= 4)
    assert {no.code for no in cheat.of(p.Refused)} == {"NOT_HERE"}

    cheat.answers = False
    cheat.send(p.Begin())
    await cheat.until_phase("challenged")
    cheat.send(p.OpenLesson(lesson_id="lesson-1"))
    cheat.send(p.Play(position_ms=0))
    cheat.send(p.Beat(position_ms=2_000, playing=True, interacted=True))
    await cheat.until(lambda: any(no.code == "CHECK_OPEN" for no in cheat.of(p.Refused)))
    await cheat.until_phase("signed_out")

    cheat.answers = True
    await cheat.begin()
    await cheat.open()
    for _ in range(3):  # the video runs, play was never said
        await asyncio.sleep(0.4)
        cheat.send(p.Beat(position_ms=1_000, playing=True, interacted=True))
    await cheat.sign_out()
    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) == 0


async def test_play_pause_and_jumps_within_one_instant_earn_no_more_than_the_time(arrives: Arrives) -> None:
    """Seek races: many messages in the same millisecond, over and over."""
    cheat = await arrives()
    cheat.obeys = False
    await cheat.begin()
    await cheat.open()
    await asyncio.sleep(0.6)
    started = clock_ms()
    there = 0
    for turn in range(5):
        for message in (
            p.Play(position_ms=there), p.Beat(position_ms=there + 3_000, playing=True, interacted=True),
            p.Pause(position_ms=there + 900), p.Play(position_ms=there), p.Hidden(position_ms=there + 900),
            p.Shown(), p.Play(position_ms=there), p.Beat(position_ms=0, playing=True, interacted=True),
        )[turn % 2 :]:  # fmt: skip
            cheat.send(message)
        await asyncio.sleep(0.9)
        seen = next(one for one in (await cheat.record())["lessons"])
        there = seen["earned_to_ms"]
        if cheat.view and cheat.view.phase in ("challenged", "signed_out"):
            break
    await cheat.until_phase("paused", "browsing", "studying", "signed_out")
    passed_ms = clock_ms() - started
    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) <= passed_ms
    assert not record["lessons"][0]["finished"]


async def test_steps_in_a_loop_earn_no_more_than_the_time(arrives: Arrives) -> None:
    """regulation.md 2.2: a script that drags the bar on by a fixed step, again and again."""
    cheat = await arrives()
    cheat.obeys = False
    await cheat.begin()
    await cheat.open()
    started = clock_ms()
    cheat.send(p.Play(position_ms=0))
    for step in range(1, 9):
        cheat.send(p.Beat(position_ms=step * 2_500, playing=True, interacted=True))
        cheat.send(p.Play(position_ms=step * 2_500))
        await asyncio.sleep(0.4)
    passed_ms = clock_ms() - started
    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) <= passed_ms
    assert not record["lessons"][0]["finished"]
    assert {seek.reason for seek in cheat.of(p.Seek)} == {"AHEAD"}


async def test_a_part_of_a_segment_is_no_delivery_whatever_the_quality(arrives: Arrives) -> None:
    """Quality switch races: half of one rendition's segment and half of the other's aren't a segment."""
    cheat = await arrives()
    cheat.fetches = False
    await cheat.begin()
    await cheat.open()
    assert cheat.opened
    base = urljoin(cheat.server.url, cheat.opened.master_url)
    for rendition, part in (("smooth", "bytes=0-9999"), ("high", "bytes=10000-"), ("high", "bytes=0-19998")):
        async with cheat._http.get(urljoin(base, f"{rendition}/0.m4s"), headers={"Range": part}) as answer:
            assert answer.status == 206
            await answer.read()
    async with cheat._http.head(urljoin(base, "smooth/0.m4s")) as answer:
        assert answer.status == 200
    with pytest.raises(aiohttp.ClientError):
        async with cheat._http.get(urljoin(base, "smooth/9999.m4s")) as answer:
            answer.raise_for_status()
    cheat.video.buffer(LENGTH_MS)
    cheat.obeys = cheat.answers = False
    await cheat.play()
    await cheat.until(lambda: cheat.video.position_ms > 900)
    assert earned_ms(await cheat.record()) == 0

    await cheat.fetch(urljoin(base, "smooth/0.m4s"))
    await cheat.fetch(urljoin(base, "high/0.m4s"))  # the same second twice
    await cheat.until_phase("challenged")
    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) <= SEGMENT_MS
    assert reasons(record)["NOT_DELIVERED"] >= BRISK["drawn_from_ms"] - SEGMENT_MS - 100


async def test_the_same_lesson_on_two_devices_earns_once(arrives: Arrives) -> None:
    """Row 29, rule 9: while one asks to take over the other goes on; never do both earn."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    cheat.obeys = False
    started = clock_ms()
    await cheat.play()
    other = await arrives(cheat.account)
    other.obeys = False
    other.send(p.OpenLesson(lesson_id="lesson-1"))
    other.send(p.Play(position_ms=0))
    other.send(p.Beat(position_ms=900, playing=True, interacted=True))
    await other.until(lambda: len(other.of(p.Refused)) >= 3)
    assert {no.code for no in other.of(p.Refused)} == {"NOT_HERE"}
    await other.begin_beside()
    await other.until(lambda: other.view is not None and other.view.here)
    await other.open()
    await other.play()
    for _ in range(3):
        cheat.send(p.Play(position_ms=0))  # the old one goes on as if nothing had been
        await asyncio.sleep(0.3)
    passed_ms = clock_ms() - started
    record = await other.record()
    assert_sound(record)
    assert earned_ms(record) <= passed_ms
    assert any(no.code == "NOT_HERE" for no in cheat.of(p.Refused)) or not cheat.online


async def test_nothing_tells_a_page_that_a_drawn_moment_has_come_before_the_push(arrives: Arrives) -> None:
    """A message of its own while a slot is asked for would be the script's cue to leave."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    await cheat.play()
    cheat.opened = None  # says nothing from here, so that nothing is an answer
    await asyncio.sleep(0.3)
    before = len(cheat.messages)
    await cheat.until(lambda: any(one.check.kind == "drawn" for one in cheat.of(p.CheckPushed)))
    push = next(
        n for n, one in enumerate(cheat.messages) if isinstance(one, p.CheckPushed) and one.check.kind == "drawn"
    )
    assert cheat.messages[before:push] == []
