"""A real media process, real VP8, the drawn actor."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from aiortc import RTCConfiguration, RTCPeerConnection

from tests.actor import sender
from tests.actor.frames import Actor, actor
from tests.actor.sender import Outcome, connect, run_check
from tests.verify.conftest import ROOT, Media, Start, request, three
from verify import rules
from verify.protocol import (
    Abort,
    Action,
    Answer,
    Busy,
    FirstFrame,
    Granted,
    Hint,
    Offer,
    Open,
    Passed,
    Prompt,
    Reason,
    Refused,
    StepSeen,
    TryFailed,
)
from verify.source import MAX_OFFERS

TURN_LEFT, TURN_RIGHT, NOD, OPEN_MOUTH, CLOSE_EYES = Action
JPEG = b"\xff\xd8\xff"


async def until(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def play(media: Media, asked: Open, script: sender.Script | None) -> Outcome:
    return await run_check(media.url, media.secret, asked, script)


async def test_honest_actor_passes_and_others_do_not(media: Media, cast: Actor) -> None:
    """Four checks at once: two honest scripts with all five actions, a wrong actor, a still picture."""
    first, second = (TURN_LEFT, NOD, CLOSE_EYES), (OPEN_MOUTH, TURN_RIGHT, NOD)
    asked = request(three(1), three(2), action_ms=3_000)

    honest_1, honest_2, wrong, still = await asyncio.gather(
        play(media, request(first), sender.honest(cast)),
        play(media, request(second), sender.honest(cast)),
        play(media, asked, sender.wrong(cast)),
        play(media, asked, sender.still(cast)),
    )

    for outcome, script in ((honest_1, first), (honest_2, second)):
        passed = outcome.verdict
        assert isinstance(passed, Passed), outcome.words()
        assert [prompt.action for prompt in outcome.of(Prompt)] == list(script)
        assert outcome.of(StepSeen) == [StepSeen(1, index) for index in range(3)]
        assert passed.evidence_jpeg.startswith(JPEG)
        assert len(passed.embedding) == 128
        assert (passed.score, passed.threshold) == (None, None)
    assert wrong.of(TryFailed) == [TryFailed(Reason.WRONG_ACTION, 1), TryFailed(Reason.WRONG_ACTION, 0)], wrong.words()
    assert (wrong.verdict.reason, wrong.verdict.missed) == (Reason.WRONG_ACTION, False)
    assert wrong.verdict.evidence_jpeg.startswith(JPEG)
    assert still.of(TryFailed) == [TryFailed(Reason.TOO_LATE, 1), TryFailed(Reason.TOO_LATE, 0)], still.words()
    assert still.verdict.reason is Reason.TOO_LATE


async def test_enrolment_gives_the_portrait_that_the_next_check_matches(media: Media, cast: Actor) -> None:
    enrolled = await play(media, request((NOD, OPEN_MOUTH, TURN_LEFT), purpose="enrol"), sender.honest(cast))
    assert isinstance(enrolled.verdict, Passed), enrolled.words()
    portrait = enrolled.verdict.embedding

    stranger = [-x for x in portrait]
    same, other = await asyncio.gather(
        play(media, request((TURN_RIGHT, CLOSE_EYES), portrait=portrait), sender.honest(cast)),
        play(media, request((TURN_RIGHT, CLOSE_EYES), portrait=stranger), sender.honest(cast)),
    )

    assert isinstance(same.verdict, Passed), same.words()
    assert same.verdict.score > 0.8
    assert same.verdict.threshold == rules.MATCH
    assert (other.verdict.reason, other.of(TryFailed)) == (Reason.NO_MATCH, [TryFailed(Reason.NO_MATCH, 0)])


@pytest.mark.footage
async def test_another_face_does_the_actions_and_is_no_match(media: Media, cast: Actor, footage: Path) -> None:
    enrolled = await play(media, request((NOD,), purpose="enrol"), sender.honest(cast))
    other = actor(footage / "portraits" / "person_a_1.jpg")
    script = (TURN_RIGHT, OPEN_MOUTH, CLOSE_EYES)

    outcome = await play(media, request(script, portrait=enrolled.verdict.embedding), sender.honest(other))

    assert outcome.of(StepSeen) == [StepSeen(1, index) for index in range(3)], outcome.words()
    assert outcome.verdict.reason is Reason.NO_MATCH
    assert outcome.verdict.score < rules.MATCH


async def test_no_frames_is_no_camera(media: Media) -> None:
    started = now_s()

    outcome = await play(media, request(three(3), camera_ms=1_500), None)

    assert outcome.messages[:-1] == [Granted()]
    assert (outcome.verdict.reason, outcome.verdict.missed) == (Reason.NO_CAMERA, True)
    assert outcome.verdict.evidence_jpeg is None
    assert 1.4 < now_s() - started < 3


async def test_a_black_picture_is_told_and_missed(media: Media, cast: Actor) -> None:
    black = sender.Script(rest=[cast.pictures()[0] * 0])

    outcome = await play(media, request(three(4), window_ms=3_000), black)

    assert outcome.of(Hint) == [Hint(Reason.NO_FACE)]
    assert (outcome.verdict.reason, outcome.verdict.missed) == (Reason.NO_FACE, True)


async def test_peers_are_closed_on_every_path(start_media: Start, cast: Actor) -> None:
    media = start_media()
    clean = media.peers

    passed = await play(media, request((NOD,)), sender.honest(cast))
    assert isinstance(passed.verdict, Passed), passed.words()
    await until(lambda: media.peers == clean)  # a verdict

    for how in ("abort", "close", "vanish", "deadline"):
        async with connect(media.url, media.secret) as client:
            await client.say(request(three(5), window_ms=1_000 if how == "deadline" else 60_000))
            assert await client.hear() == Granted()
            await client.show(sender.still(cast))
            playing = asyncio.create_task(client.play(sender.still(cast)))
            await until(lambda c=client: FirstFrame() in c.outcome.messages, 10)
            assert media.peers > clean
            match how:
                case "abort":
                    await client.say(Abort())
                case "close":
                    await client.socket.close()
                case "vanish":
                    client.socket._response.connection.transport.abort()  # type: ignore[union-attr]
            await until(lambda: media.peers == clean)
            await playing

    async with connect(media.url, media.secret) as client:  # replaced by a second offer, and refused ones
        await client.say(request(three(6)))
        await client.hear()
        await client.show(sender.still(cast))
        assert isinstance(await client.hear(), Answer)
        once = media.peers
        await client.say(Offer("v=0\r\n"))
        assert await client.hear() == Refused("BAD_OFFER")
        assert media.peers == clean
        await client.show(sender.still(cast))
        assert isinstance(await client.hear(), Answer)
        assert media.peers == once
        await client.say(Offer("no offer at all"))
        assert await client.hear() == Refused("BAD_OFFER")
        for _ in range(MAX_OFFERS - 4):
            await client.say(Offer("no offer at all"))
            assert await client.hear() == Refused("BAD_OFFER")
        await client.say(Offer("no offer at all"))
        assert await client.hear() == Refused("TOO_MANY_OFFERS")
    await until(lambda: media.peers == clean)


async def test_a_page_that_reloads_goes_on(media: Media, cast: Actor) -> None:
    script = sender.honest(cast)
    async with connect(media.url, media.secret) as client:
        await client.say(request((OPEN_MOUTH,), gap_ms=2_500))
        assert await client.hear() == Granted()
        await client.show(sender.still(cast))
        playing = asyncio.create_task(client.play(script))
        await until(lambda: FirstFrame() in client.outcome.messages, 10)
        await client.show(script)
        outcome = await playing

    assert isinstance(outcome.verdict, Passed), outcome.words()
    assert len(outcome.of(FirstFrame)) == 1


async def test_only_one_camera_is_taken(media: Media) -> None:
    async with connect(media.url, media.secret) as client:
        await client.say(request(three(7)))
        await client.hear()
        for kinds in (["audio"], ["video", "video"], ["video", "audio"]):
            page = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            for kind in kinds:
                page.addTransceiver(kind, direction="sendonly")
            await page.setLocalDescription(await page.createOffer())
            await client.say(Offer(page.localDescription.sdp))
            assert await client.hear() == Refused("BAD_OFFER"), kinds
            await page.close()


async def test_full_means_busy_and_a_freed_slot_is_granted(start_media: Start) -> None:
    media = start_media(ANXUE_MEDIA_SLOTS="1")
    async with connect(media.url, media.secret) as first:
        await first.say(request(three(8)))
        assert await first.hear() == Granted()

        second = await play(media, request(three(8)), None)

        assert len(second.messages) == 1
        assert isinstance(second.messages[0], Busy)
        assert 1_000 <= second.messages[0].retry_after_ms <= 60_000
        assert msgspec.json.decode(media.healthz()) == {"running": 1, "slots": 1}

    await until(lambda: msgspec.json.decode(media.healthz()) == {"running": 0, "slots": 1})
    third = await play(media, request(three(8), camera_ms=100), None)
    assert third.messages[0] == Granted()


async def test_a_killed_process_breaks_the_socket_without_a_verdict(start_media: Start, cast: Actor) -> None:
    media = start_media()
    async with connect(media.url, media.secret) as client:
        await client.say(request(three(9)))
        await client.hear()
        await client.show(sender.still(cast))
        assert isinstance(await client.hear(), Answer)

        media.process.send_signal(signal.SIGKILL)
        killed = now_s()
        while await client.hear() is not None:
            pass

        assert now_s() - killed < 1
        assert not isinstance(client.outcome.messages[-1], Passed)


async def test_sigterm_ends_it_under_two_seconds_with_checks_running(start_media: Start, cast: Actor) -> None:
    media = start_media()
    async with connect(media.url, media.secret) as client:
        await client.say(request(three(10)))
        await client.hear()
        script = sender.still(cast)
        await client.show(script)
        playing = asyncio.create_task(client.play(script))
        await until(lambda: FirstFrame() in client.outcome.messages, 10)

        media.process.send_signal(signal.SIGTERM)
        told = now_s()
        status = await asyncio.to_thread(media.process.wait, 10)

        assert status == 0
        assert now_s() - told < 2
        await playing


@pytest.mark.parametrize("secret", ["", "Bearer", "x" * 48])
async def test_nobody_speaks_without_the_secret(media: Media, secret: str) -> None:
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError, match="401"):
            await session.ws_connect(media.url + "/checks", headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize(
    "change",
    [
        {"scripts": []},
        {"scripts": [{"steps": []}]},
        {"scripts": [{"steps": [{"action": "nod", "gap_ms": 500}]}] * 6},
        {"scripts": [{"steps": [{"action": "nod", "gap_ms": -1}]}]},
        {"portrait": [0.1] * 127},
        {"portrait": [0.0] * 128},
        {"window_ms": 10**9},
        {"action_ms": 0},
        {"check_id": "x" * 65},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_check_out_of_bounds_is_refused(media: Media, change: dict[str, object]) -> None:
    asked = msgspec.to_builtins(request(three(11))) | change
    async with connect(media.url, media.secret) as client:
        await client.socket.send_str(msgspec.json.encode(asked).decode())

        assert await client.hear() == Refused("BAD_OPEN")
        assert await client.hear() is None


async def test_what_cannot_be_read_is_refused_and_bounded(media: Media) -> None:
    async with connect(media.url, media.secret) as client:
        await client.say(request(three(12)))
        await client.hear()
        for _ in range(5):
            await client.socket.send_str('{"type": "open_sesame"}')
            assert await client.hear() == Refused("MALFORMED")
        assert await client.hear() is None

    async with connect(media.url, media.secret) as client:
        await client.socket.send_str("x" * 200_000)
        assert (await client.socket.receive(5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)


@pytest.mark.parametrize(
    "env",
    [
        {"ANXUE_MEDIA_SECRET": "short"},
        {"ANXUE_MEDIA_SECRET": ""},
        {"ANXUE_MEDIA_URL": "nonsense"},
        {"ANXUE_MEDIA_SLOTS": "0"},
        {"ANXUE_ICE_SERVERS": "[{]"},
    ],
    ids=lambda env: next(iter(env)),
)
def test_nonsense_is_refused_by_name_at_the_start(env: dict[str, str]) -> None:
    settings = {"ANXUE_MEDIA_SECRET": "s" * 40, **env}

    ended = subprocess.run(
        [sys.executable, "-m", "verify"], cwd=ROOT, env=settings, capture_output=True, timeout=30, check=False
    )

    assert ended.returncode == 2
    assert next(iter(env)).encode() in ended.stderr
    assert b"s" * 40 not in ended.stderr
