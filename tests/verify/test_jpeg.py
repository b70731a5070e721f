"""A check by JPEG frames over its own socket: the same judge, one stream at a time, and rubbish costs that check only."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import asynccontextmanager

import cv2

from tests.actor import sender
from tests.actor.face import Picture
from tests.actor.frames import Actor
from tests.actor.sender import Client, Script, connect
from tests.verify.conftest import Media, request, three
from tests.verify.stage import FRONT, made, plan
from tests.verify.test_still import claims, saved_as
from verify.measures import Sample
from verify.protocol import (
    Action,
    Answer,
    Failed,
    FirstFrame,
    Frame,
    Granted,
    Passed,
    Prompt,
    Reason,
    Refused,
    TryFailed,
)
from verify.rules import Judge
from verify.verdict import Prompted, StepDone, TryLost

FRAME_S = 0.1


@asynccontextmanager
async def sending(client: Client, frame: Callable[[], bytes]):  # type: ignore[no-untyped-def]
    """Ten frames a second, as a page sends them."""

    async def send() -> None:
        while True:
            await client.socket.send_str(sender._encoder.encode(Frame(frame())).decode())
            await asyncio.sleep(FRAME_S)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def coded(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def acting(cast: Actor, choose: Callable[[Action], Action] = lambda action: action) -> Script:
    """The actor as the page's canvas would code it."""
    jpegs = [coded(picture) for picture in cast.pictures()]
    show = {name: [jpegs[n] for n in numbers] for name, numbers in cast.sequences.items()}
    return Script(rest=show["neutral"], on_prompt=lambda prompt: show[choose(prompt.action)])  # type: ignore[arg-type]


async def test_the_honest_pass_and_the_wrong_action_fails_by_jpeg_alone(media: Media, cast: Actor) -> None:
    async def check(script: Script) -> sender.Outcome:
        async with connect(media.url, media.secret) as client:
            await client.say(request(three(3)))
            assert await client.hear() == Granted()
            async with sending(client, script.next):  # type: ignore[arg-type]
                return await client.play(script)

    order = list(Action)
    honest, wrong = await asyncio.gather(
        check(acting(cast)), check(acting(cast, lambda action: order[(order.index(action) + 2) % len(order)]))
    )
    assert isinstance(honest.verdict, Passed), honest.words()
    assert honest.of(TryFailed) == []
    assert isinstance(wrong.verdict, Failed), wrong.words()
    assert wrong.of(TryFailed) == [TryFailed(Reason.WRONG_ACTION, 0)], wrong.words()


async def test_rubbish_is_refused_by_code_and_costs_that_check_only(media: Media, cast: Actor) -> None:
    async with connect(media.url, media.secret) as hit, connect(media.url, media.secret) as beside:
        bad = [b"", b"\xff\xd8\xff\xd9", claims(65_500, 65_500), claims(10_000, 480), saved_as("PNG"), saved_as("GIF")]
        bad += [cast.jpegs[0][:-300], secrets.token_bytes(20_000), b"\0" * 60_000]
        for client in (hit, beside):
            await client.say(request((Action.NOD,), camera_ms=8_000))
            assert await client.hear() == Granted()
        script = acting(cast)
        async with sending(beside, script.next), sending(hit, lambda: secrets.choice(bad)):  # type: ignore[arg-type]
            mine, others = await asyncio.gather(hit.play(Script(rest=())), beside.play(script))
    assert set(mine.of(Refused)) == {Refused("BAD_FRAME")}
    assert len(mine.of(Refused)) <= 10  # told once a second
    assert (mine.of(FirstFrame), mine.verdict.reason) == ([], Reason.NO_CAMERA)  # type: ignore[union-attr]
    assert isinstance(others.verdict, Passed), others.words()
    assert media.process.poll() is None


async def test_a_page_that_gives_webrtc_up_goes_on_in_the_same_try(media: Media, cast: Actor) -> None:
    """The stream changes while a prompt is out: it is asked again, and no try is lost."""
    clean = media.peers
    async with connect(media.url, media.secret) as client:
        await client.say(request((Action.OPEN_MOUTH, Action.NOD)))
        assert await client.hear() == Granted()
        await client.show(sender.still(cast))
        while not isinstance(message := await client.hear(), Prompt):
            if isinstance(message, Answer):
                description = sender.RTCSessionDescription(message.sdp, "answer")
                assert client.peer is not None
                await client.peer.setRemoteDescription(description)
        script = acting(cast)
        async with sending(client, script.next):  # type: ignore[arg-type]
            outcome = await client.play(script)
    assert isinstance(outcome.verdict, Passed), outcome.words()
    assert outcome.of(TryFailed) == []
    assert [one.action for one in outcome.of(Prompt)] == [Action.OPEN_MOUTH, Action.OPEN_MOUTH, Action.NOD]
    assert media.peers <= clean


async def test_who_mixes_both_ways_is_held_to_one(media: Media, cast: Actor) -> None:
    async with connect(media.url, media.secret) as client:
        await client.say(request((Action.NOD,)))
        assert await client.hear() == Granted()
        script = acting(cast)
        for _ in range(5):
            await client.show(sender.still(cast))
            async with asyncio.timeout(20):
                while not isinstance(message := await client.hear(), Answer | Refused):
                    pass
            if message == Refused("TOO_MANY_CHANGES"):
                break
            assert isinstance(message, Answer)
            assert client.peer is not None
            await client.peer.setRemoteDescription(sender.RTCSessionDescription(message.sdp, "answer"))
            await asyncio.sleep(1.5)
            await client.socket.send_str(sender._encoder.encode(Frame(script.next())).decode())  # type: ignore[arg-type]
            await asyncio.sleep(0.3)
        await client.hide()
        async with sending(client, script.next):  # type: ignore[arg-type]
            async with asyncio.timeout(20):
                while Refused("TOO_MANY_CHANGES") not in client.outcome.messages:
                    await client.hear()


def settled(judge: Judge, at_ms: int, until: type) -> int:
    """Rest before the judge until it says something of this kind."""
    for _ in range(100):
        at_ms += 100
        if any(isinstance(said, until) for said in judge.feed(Sample(at_ms, 1, FRONT, 0.9))):
            return at_ms
    raise AssertionError("it never came")


def test_another_stream_is_settled_and_scored_anew_and_keeps_the_steps() -> None:
    judge = Judge(plan((Action.NOD, Action.OPEN_MOUTH), identity=True))
    at_ms = settled(judge, 1_000_000, Prompted)
    at_ms += 500
    judge.feed(Sample(at_ms, 1, made(Action.NOD, 0.9)))
    judge.renew(at_ms)  # in the middle of the nod
    assert judge.wants_match(Sample(at_ms + 100, 1, FRONT))
    asked = settled(judge, at_ms, Prompted)
    assert asked - at_ms >= 1_000
    for n in range(1, 12):
        share = (0.5, 1, 1, 1, 1, 0.5, 0, 0, 0, 0, 0)[n - 1]
        said = judge.feed(Sample(asked + 300 + n * 100, 1, made(Action.NOD, share)))
        assert not any(isinstance(one, TryLost) for one in said)
        if any(isinstance(one, StepDone) for one in said):
            break
    else:
        raise AssertionError("the nod was not seen")
    judge.renew(asked + 2_000)
    again = settled(judge, asked + 2_000, Prompted)
    assert again - asked >= 3_000
    assert judge.try_no == 1


def test_what_was_begun_on_one_stream_is_not_finished_on_another() -> None:
    judge = Judge(plan((Action.NOD,)))
    at_ms = settled(judge, 1_000_000, Prompted) + 500
    for share in (0.5, 1, 1, 1):
        at_ms += 100
        judge.feed(Sample(at_ms, 1, made(Action.NOD, share)))
    judge.renew(at_ms)
    said = [one for n in range(1, 8) for one in judge.feed(Sample(at_ms + n * 100, 1, FRONT))]
    assert said == []
