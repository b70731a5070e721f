"""Rubbish in signalling and in media ends one check at most, never the process, never another's check."""

import asyncio
import json
import random  # noqa: TID251 - seeded: the same rubbish every time
import re
import socket
from collections.abc import Iterator

import psutil
import pytest
from aiohttp import WSMsgType

from tests.actor import sender
from tests.actor.frames import Actor
from tests.actor.sender import Client, connect
from tests.verify.conftest import Media, Start, request, three
from verify.protocol import Action, Answer, Failed, FirstFrame, Granted, Offer, Passed, Refused

PACKETS = 3_000


@pytest.fixture(scope="module")
def own(start_media: Start) -> Media:
    """A process of this module's own: what is thrown at it is nobody else's matter."""
    return start_media()


async def a_real_offer() -> str:
    page = sender.RTCPeerConnection(sender.RTCConfiguration(iceServers=[]))
    page.addTransceiver("video", direction="sendonly")
    await page.setLocalDescription(await page.createOffer())
    sdp = str(page.localDescription.sdp)
    await page.close()
    return sdp


def bent(sdp: str, chance: random.Random) -> Iterator[str]:
    """Offers that no browser makes."""
    lines = sdp.splitlines()
    yield from ("", "v=0", "\0" * 100, "安" * 1_000, "m=" * 20_000, "\r\n" * 20_000)
    yield re.sub(r"a=ice-ufrag:.*\r\n", "", sdp)
    yield re.sub(r"a=fingerprint:.*", "a=fingerprint:sha-256 zz", sdp)
    yield re.sub(r"a=setup:.*", "a=setup:nonsense", sdp)
    yield re.sub(r"a=rtpmap:.*", "a=rtpmap:999999999999 VP8/-1", sdp)
    yield sdp.replace("m=video", "m=video\r\nm=video")
    yield sdp + "a=candidate:1 1 udp 1 999.1.1.1 99999999 typ host\r\n" * 50
    yield sdp + "a=candidate:1 1 tcp x 127.0.0.1 -1 typ nothing generation\r\n"
    yield sdp + "a=candidate:\r\na=candidate: 1 2 3\r\n"
    yield sdp + "a=ssrc-group:FID x y z\r\na=ssrc:99999999999999999999 cname:x\r\n"
    for _ in range(24):
        some = list(lines)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(some))
            match chance.randrange(4):
                case 0:
                    del some[at]
                case 1:
                    some.insert(at, some[chance.randrange(len(some))])
                case 2:
                    some[at] = some[at][: chance.randrange(len(some[at]) + 1)]
                case _:
                    some[at] = some[at].replace(chance.choice("0123456789:= "), chance.choice(("", "-", "9" * 30)))
        yield "\r\n".join(some) + "\r\n"


async def granted(client: Client) -> None:
    await client.say(request(three(1)))
    assert await client.hear() == Granted()


async def test_every_bent_offer_is_answered_or_refused_and_the_check_beside_it_passes(own: Media, cast: Actor) -> None:
    async with connect(own.url, own.secret) as beside:
        await beside.say(request((Action.NOD,), camera_ms=30_000))
        assert await beside.hear() == Granted()
        script = sender.honest(cast)
        await beside.show(script)
        playing = asyncio.create_task(beside.play(script))

        said: list[Answer | Refused] = []
        for offers in _by(6, list(bent(await a_real_offer(), random.Random(7)))):
            async with connect(own.url, own.secret) as client:
                await granted(client)
                for offer in offers:
                    await client.say(Offer(offer))
                    heard = await client.hear()
                    assert isinstance(heard, Answer) or heard == Refused("BAD_OFFER"), (heard, offer)
                    said.append(heard)
        assert Refused("BAD_OFFER") in said
        outcome = await playing
    assert isinstance(outcome.verdict, Passed), outcome.words()
    assert own.process.poll() is None


def _by(size: int, offers: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(offers), size):
        yield offers[start : start + size]


def packets(chance: random.Random) -> Iterator[bytes]:
    """Datagrams: STUN, DTLS, RTP and RTCP by their first byte, and what is none of them."""
    for _ in range(PACKETS):
        noise = chance.randbytes(chance.choice((0, 1, 3, 11, 12, 19, 20, 40, 200, 1_400)))
        yield chance.choice(
            (
                noise,
                b"\x80\x60" + noise,  # RTP
                b"\x9f\xe0" + noise,  # RTP: padded, extended, fifteen sources
                b"\x81\xce\xff\xff" + noise,  # RTCP that says it is longer
                b"\x16\xfe\xfd" + noise,  # DTLS handshake
                b"\x00\x01\x00\x08\x21\x12\xa4\x42" + noise,  # STUN request
                b"\x01\x01\xff\xff\x21\x12\xa4\x42" + noise,  # STUN answer that says it is longer
            )
        )


async def test_rubbish_on_the_media_port_hinders_neither_that_check_nor_another(own: Media, cast: Actor) -> None:
    async with connect(own.url, own.secret) as hit, connect(own.url, own.secret) as beside:
        playing = []
        for client in (hit, beside):
            script = sender.honest(cast)
            await client.say(request((Action.OPEN_MOUTH,), gap_ms=2_000, camera_ms=30_000))
            assert await client.hear() == Granted()
            await client.show(script)
            playing.append(asyncio.create_task(client.play(script)))
        async with asyncio.timeout(30):
            while not all(FirstFrame() in client.outcome.messages for client in (hit, beside)):
                await asyncio.sleep(0.05)

        ports = {one.laddr.port for one in psutil.Process(own.process.pid).net_connections("udp")}
        [answer] = hit.outcome.of(Answer)
        mine = [int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) ", answer.sdp)]
        hosts = re.findall(r"a=candidate:\S+ 1 udp \d+ (\d+\.\S+) (\d+) ", answer.sdp)
        assert set(mine) <= ports
        assert hosts
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
            for n, packet in enumerate(packets(random.Random(11))):
                host, port = hosts[n % len(hosts)]
                thrower.sendto(packet, (host, int(port)))
                if n % 30 == 29:
                    await asyncio.sleep(0.01)
        outcomes = await asyncio.gather(*playing)
    for outcome in outcomes:
        assert isinstance(outcome.verdict, Passed), outcome.words()
    assert own.process.poll() is None


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        ({"type": "offer", "sdp": "v=0"}, Refused("BAD_OPEN")),
        ({"type": "abort"}, Refused("BAD_OPEN")),
        ({"type": "open"}, Refused("MALFORMED")),
        ([], Refused("MALFORMED")),
        ({"type": "open", "check_id": "x" * 200_000}, None),
    ],
    ids=["offer", "abort", "empty open", "a list", "too large"],
)
async def test_a_wrong_first_message_is_refused_or_closes(own: Media, first: object, answer: Refused | None) -> None:
    async with connect(own.url, own.secret) as client:
        await client.socket.send_str(json.dumps(first))
        assert await client.hear() == answer
    assert own.process.poll() is None


async def test_a_second_open_and_an_abort_twice_end_one_check_only(own: Media) -> None:
    async with connect(own.url, own.secret) as client:
        await granted(client)
        await client.say(request(three(2)))
        assert await client.hear() == Refused("ALREADY_OPEN")
        for _ in range(2):
            await client.socket.send_str('{"type": "abort"}')
        assert await client.hear() is None
    async with connect(own.url, own.secret) as client:
        await client.say(request(three(2), camera_ms=100))
        assert isinstance((await client.play(sender.Script(rest=()))).verdict, Failed)


async def test_bytes_instead_of_text_end_the_check(own: Media) -> None:
    async with connect(own.url, own.secret) as client:
        await granted(client)
        await client.socket.send_bytes(b"\x80" * 100)
        async with asyncio.timeout(10):
            ended = await client.socket.receive()
        assert ended.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
    assert own.process.poll() is None
