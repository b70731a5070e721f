"""A page without a browser: sends frames to a media process over real VP8, and answers its prompts."""

import asyncio
import fractions
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from tests.actor.face import Picture
from tests.actor.frames import FPS, NEUTRAL, Actor
from verify.ice import reach_loopback
from verify.protocol import (
    Action,
    Answer,
    Busy,
    Failed,
    FromMedia,
    Granted,
    Hint,
    Offer,
    Open,
    Passed,
    Prompt,
    ToMedia,
    TryFailed,
)

reach_loopback()  # as in the media process: a machine may have no other address
REACTION_FRAMES = 4
WAIT_S = 30.0

_decoder = msgspec.json.Decoder(FromMedia)
_encoder = msgspec.json.Encoder()

Plays = Callable[[Prompt], Sequence[Picture]]


@dataclass(slots=True)
class Script:
    """What the camera shows: rest in a loop, and one sequence at a prompt."""

    rest: Sequence[Picture]
    on_prompt: Plays = lambda prompt: ()
    _queue: list[Picture] = field(default_factory=list)
    _turn: int = 0

    def prompted(self, prompt: Prompt) -> None:
        """Answer a prompt after a human's reaction time."""
        played = list(self.on_prompt(prompt))
        self._queue = [self.rest[0]] * REACTION_FRAMES + played if played else []

    def next(self) -> Picture:
        """Return the next frame."""
        if self._queue:
            return self._queue.pop(0)
        self._turn += 1
        return self.rest[self._turn % len(self.rest)]


def honest(actor: Actor) -> Script:
    """Do what the prompt says."""
    return _acting(actor, lambda action: action)


def wrong(actor: Actor) -> Script:
    """Do something else, always."""
    order = list(Action)
    return _acting(actor, lambda action: order[(order.index(action) + 2) % len(order)])


def still(actor: Actor) -> Script:
    """Show one picture for ever."""
    return Script(rest=actor.pictures()[:1])


def _acting(actor: Actor, choose: Callable[[Action], Action]) -> Script:
    pictures = actor.pictures()
    show = {name: [pictures[n] for n in numbers] for name, numbers in actor.sequences.items()}
    return Script(rest=show[NEUTRAL], on_prompt=lambda prompt: show[choose(prompt.action)])


class Camera(MediaStreamTrack):
    """A video track that shows a script at ten frames a second."""

    kind = "video"

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script
        self._sent = 0
        self._start: float | None = None

    async def recv(self) -> VideoFrame:
        """Return the next frame when it is due."""
        now = asyncio.get_running_loop().time()
        self._start = now if self._start is None else self._start
        await asyncio.sleep(max(0.0, self._start + self._sent / FPS - now))
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(self._script.next()), format="rgb24")
        frame.pts, frame.time_base = self._sent * 90_000 // FPS, fractions.Fraction(1, 90_000)
        self._sent += 1
        return frame


@dataclass(slots=True)
class Outcome:
    """All that a media process said in one check."""

    messages: list[FromMedia] = field(default_factory=list)

    @property
    def verdict(self) -> Passed | Failed:
        """The last message, when it is a verdict."""
        assert self.messages and isinstance(self.messages[-1], Passed | Failed), self.words()
        return self.messages[-1]

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the messages of one kind."""
        return [message for message in self.messages if isinstance(message, kind)]

    def words(self) -> list[str]:
        """Return the messages in short, for a failing test."""
        return list(self._words())

    def _words(self) -> Iterator[str]:
        for message in self.messages:
            detail = {Prompt: "action", TryFailed: "reason", Hint: "reason", Failed: "reason"}.get(type(message))
            yield type(message).__name__ + (f" {getattr(message, detail)}" if detail else "")


@dataclass(slots=True)
class Client:
    """The control plane's side of one check, and the page's."""

    socket: ClientWebSocketResponse
    outcome: Outcome = field(default_factory=Outcome)
    peer: RTCPeerConnection | None = None

    async def say(self, message: ToMedia) -> None:
        """Send one message."""
        await self.socket.send_str(_encoder.encode(message).decode())

    async def hear(self) -> FromMedia | None:
        """Return the next message; None when the socket ended."""
        message = await self.socket.receive(WAIT_S)
        if message.type is not WSMsgType.TEXT:
            return None
        heard = _decoder.decode(message.data)
        self.outcome.messages.append(heard)
        return heard

    async def show(self, script: Script) -> None:
        """Offer a camera."""
        await self.hide()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.addTransceiver(Camera(script), direction="sendonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        await self.say(Offer(self.peer.localDescription.sdp))

    async def hide(self) -> None:
        """End the camera."""
        if self.peer is not None:
            await self.peer.close()
            self.peer = None

    async def play(self, script: Script) -> Outcome:
        """Answer prompts until the socket ends; the offer may have been made before."""
        while (message := await self.hear()) is not None:
            match message:
                case Answer(sdp):
                    assert self.peer is not None
                    await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
                case Prompt():
                    script.prompted(message)
                case _:
                    pass
        return self.outcome


@asynccontextmanager
async def connect(url: str, secret: str) -> AsyncIterator[Client]:
    """Open a socket to a media process."""
    async with ClientSession() as session:
        headers = {"Authorization": f"Bearer {secret}"}
        async with session.ws_connect(url + "/checks", headers=headers, max_msg_size=0) as socket:
            client = Client(socket)
            try:
                yield client
            finally:
                with suppress(Exception):
                    await client.hide()


async def run_check(url: str, secret: str, request: Open, script: Script | None) -> Outcome:
    """Run one check to its verdict; without a script no camera is offered."""
    async with connect(url, secret) as client:
        await client.say(request)
        if isinstance(await client.hear(), Granted) and script is not None:
            await client.show(script)
        return await client.play(script or Script(rest=()))


def was_busy(outcome: Outcome) -> bool:
    """Return whether no slot was free."""
    return any(isinstance(message, Busy) for message in outcome.messages)
