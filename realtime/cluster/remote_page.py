"""A page that another process holds, as the seat that lives here sees it: a connection like any other."""

from collections.abc import Callable

from realtime.cluster.messages import Body, Dropped, Knock, Told
from realtime.connection import Connection
from realtime.protocol import ToPage, View
from realtime.seat import Seat
from realtime.stream import Stream


class Relayed(Stream):
    """What is said to it is numbered where the socket is; a tab that comes back gets a whole View."""

    def __init__(self, page: "RemotePage") -> None:
        super().__init__()
        self._page = page

    def send(self, message: ToPage) -> None:
        """Pass one message on."""
        self._page.pass_on(message)

    def missed(self, last_seq: int) -> list[ToPage] | None:
        """Nobody here knows."""
        return None


class RemotePage(Connection):
    """Numbered, queued and written by the process that holds the socket."""

    def __init__(
        self,
        peer: str,
        knock: Knock,
        seat: Seat,
        send: Callable[[str, Body], None],
        viewed: Callable[[Seat], None],
    ) -> None:
        """``viewed`` is called when a View was sent, which shows what is committed."""
        super().__init__(learner_id=knock.learner_id, device=knock.device, session=knock.session)
        self.class_id = knock.class_id
        self.peer = peer
        self.link = knock.link
        self.claims = knock.claims
        self.seat = seat
        self.stream = Relayed(self)
        self._send_to = send
        self._viewed = viewed

    def pass_on(self, message: ToPage) -> None:
        """Say one message to the page."""
        if not self.closing:
            self._send_to(self.peer, Told(self.link, message, self.seat.check_open))
            if isinstance(message, View):
                self._viewed(self.seat)

    def close(self, code: int) -> None:
        """Have the socket closed; the first code wins."""
        if self.close_code is None:
            self.close_code = code
            self._send_to(self.peer, Dropped(self.link, code))
