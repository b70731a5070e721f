"""Where the frames of a check come from: a peer connection or its own socket, one of them at a time."""

import structlog
from aiortc import RTCConfiguration
from av import VideoFrame

from verify.peer import BadOfferError, Peer
from verify.protocol import Answer, Refused
from verify.still import Stills

MAX_OFFERS = 8  # a page that reloads, or retries a stream that brought no frame
MAX_CHANGES = 2  # of the way frames come, in one check: WebRTC that breaks, and a reloaded page that tries it again

log = structlog.get_logger()


class Source:
    """Owns the peer connection; the newest way wins, and says so when it isn't that of the frame before."""

    def __init__(self, check_id: str, ice: RTCConfiguration, stills: Stills) -> None:
        self._check_id = check_id
        self._ice = ice
        self._stills = stills
        self._peer: Peer | None = None
        self._offers = 0
        self._last: type[VideoFrame] | type[bytes] | None = None
        self._changes = 0
        self._refused = False
        self._by_peers = 0

    @property
    def received(self) -> int:
        """Frames that came, however they came."""
        return self._by_peers + (self._peer.received if self._peer is not None else 0) + self._stills.received

    async def answer(self, sdp: str) -> Answer | Refused:
        """Answer an offer; a later one replaces the stream, the try goes on."""
        self._offers += 1
        if self._offers > MAX_OFFERS:
            return Refused("TOO_MANY_OFFERS")
        await self._close_peer()
        peer = self._peer = Peer(self._ice)
        try:
            answer = await peer.answer(sdp)
        except BadOfferError as error:
            log.info("An offer was refused.", check=self._check_id, why=str(error))
            await self._close_peer()
            return Refused("BAD_OFFER")
        if self._peer is not peer:  # a JPEG frame came meanwhile
            await peer.close()
        return Answer(answer)

    async def take(self) -> tuple[VideoFrame | bytes | None, bool, Refused | None]:
        """The latest frame, once; whether it came another way than the one before; what the page did wrong."""
        frame: VideoFrame | bytes | None = self._stills.take()
        if frame is not None:
            await self._close_peer()  # a page that sends pictures has given WebRTC up
        elif self._peer is not None:
            if (wrong := self._peer.wrong) is not None:
                await self._close_peer()
                return None, False, Refused(wrong)
            frame = self._peer.take()
        if frame is None:
            return None, False, None
        kind = bytes if isinstance(frame, bytes) else VideoFrame
        changed = self._last not in (None, kind)
        if changed and self._changes == MAX_CHANGES:
            refusal, self._refused = None if self._refused else Refused("TOO_MANY_CHANGES"), True
            return None, False, refusal
        self._changes += changed
        self._last = kind
        return frame, changed, None

    async def close(self) -> None:
        """Close what is open; bounded in time, never raises."""
        await self._close_peer()

    async def _close_peer(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            self._by_peers += peer.received
            await peer.close()
