"""What stands before a headless learner's camera."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from realtime.protocol import CheckPrompt
from verify.protocol import Action, Prompt

if TYPE_CHECKING:
    from aiortc import RTCPeerConnection

    from tests.actor.sender import Script


class Camera(Protocol):
    """Makes an offer, and reacts to what the page shows."""

    async def offer(self) -> str: ...
    async def answered(self, sdp: str) -> None: ...
    def prompted(self, prompt: CheckPrompt) -> None: ...
    async def close(self) -> None: ...


class Told:
    """For the stand-in of the media process: the offer says what it shows."""

    def __init__(self, shows: str) -> None:
        self._shows = shows

    async def offer(self) -> str:
        return self._shows

    async def answered(self, sdp: str) -> None:
        pass

    def prompted(self, prompt: CheckPrompt) -> None:
        pass

    async def close(self) -> None:
        pass


class Drawn:
    """The actor before a real camera: VP8 over WebRTC to the real media process."""

    def __init__(self, script: "Callable[[], Script]") -> None:
        self._make = script
        self._script: Script | None = None
        self._peer: RTCPeerConnection | None = None

    async def offer(self) -> str:
        from aiortc import RTCConfiguration, RTCPeerConnection

        from tests.actor.sender import Camera as Track

        await self.close()
        self._script = self._make()
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTransceiver(Track(self._script), direction="sendonly")
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def answered(self, sdp: str) -> None:
        from aiortc import RTCSessionDescription

        if self._peer is not None:
            await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def prompted(self, prompt: CheckPrompt) -> None:
        if self._script is not None:
            action = Action(prompt.action)
            self._script.prompted(Prompt(prompt.try_no, prompt.index, prompt.total, action, prompt.within_ms))

    async def close(self) -> None:
        if self._peer is not None:
            await self._peer.close()
        self._peer = None
