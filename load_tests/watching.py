"""A wall and a regulator's counts on gevent, as locust runs users: what is heard is folded, what is missed counted."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import gevent
import msgspec
import websocket

from load_tests.learner.wire import RETRY_S
from realtime.oversight import protocol as o
from realtime.wall import protocol as w

CONNECT_S = 15.0
LONGEST_WAIT_S = 1.0
Noted = Callable[[str, str, float, str | None], None]  # kind, what, the seconds until its answer, what was wrong
_encode = msgspec.json.Encoder().encode
_wall_decoder = msgspec.json.Decoder(w.ToWall)
_sums_decoder = msgspec.json.Decoder(o.ToOversight)


class Watching:
    """One socket until an instant of ``perf_counter``; a line that breaks is taken up again."""

    address: str
    name: str  # of what the first answer is called

    def __init__(self, url: str, cookie: str, noted: Noted) -> None:
        self.noted = noted
        self._url, self._cookie = url, cookie
        self._socket: Any = None

    def watch(self, until: float) -> None:
        """Hold the socket so long."""
        tries = 0
        while perf_counter() < until:
            tries = 0 if self._visit(until) else tries + 1
            if perf_counter() < until:
                gevent.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    def break_line(self) -> None:
        """The network is gone, for this page."""
        if self._socket is not None and self._socket.sock is not None:
            self._socket.sock.close()

    def asks(self) -> object:
        """What the page says when it has come."""
        raise NotImplementedError

    def hear(self, text: bytes) -> bool:
        """One message; True for one that answers what was asked."""
        raise NotImplementedError

    def say(self, message: object) -> None:
        """To the server."""
        self._socket.send(_encode(message).decode())

    def _visit(self, until: float) -> bool:
        began = perf_counter()
        try:
            address = self._url.replace("http", "ws", 1) + self.address
            self._socket = websocket.create_connection(
                address, timeout=CONNECT_S, cookie=self._cookie, origin=self._url
            )
        except (OSError, websocket.WebSocketException) as error:
            self.noted("WS", f"ws connect {self.address}", perf_counter() - began, type(error).__name__)
            return False
        self.noted("WS", f"ws connect {self.address}", perf_counter() - began, None)
        answered = False
        try:
            self.say(self.asks())
            asked = perf_counter()
            while perf_counter() < until:
                self._socket.settimeout(LONGEST_WAIT_S)
                try:
                    kind, content = self._socket.recv_data(control_frame=True)
                except websocket.WebSocketTimeoutException:
                    continue
                if kind == websocket.ABNF.OPCODE_CLOSE:
                    break
                if kind == websocket.ABNF.OPCODE_TEXT and self.hear(content) and not answered:
                    answered = True
                    self.noted("WS", self.name, perf_counter() - asked, None)
        except (OSError, websocket.WebSocketException):
            pass  # broken: the page comes back
        finally:
            self._socket.shutdown()
        return answered


class Wall(Watching):
    """A proctor's: the rows of one class, kept up by deltas (row 20)."""

    address = "/ws/wall"
    name = "ws wall class"

    def __init__(self, url: str, cookie: str, noted: Noted, class_id: str) -> None:
        super().__init__(url, cookie, noted)
        self.version: w.Since | None = None
        self.rows: dict[int, w.Row] = {}
        self.deltas = 0
        self.gaps = 0  # deltas that don't follow on what is known: something was missed
        self._class_id = class_id

    def asks(self) -> object:
        since = {} if self.version is None else {self._class_id: self.version}
        return w.Watch(w.VERSION, [self._class_id], since)

    def hear(self, text: bytes) -> bool:
        match _wall_decoder.decode(text):
            case w.WallClass() as one:
                self.rows = {row.n: row for row in one.rows}
                self.version = w.Since(one.board, one.version)
                return True
            case w.WallDelta() as delta:
                self.deltas += 1
                if self.version != w.Since(delta.board, delta.version - 1):
                    self.gaps += 1
                    self.version = None
                    self.say(self.asks())  # the class whole, please
                    return False
                self.version = w.Since(delta.board, delta.version)
                self.rows |= {row.n: row for row in delta.rows}
                return True
            case w.WallRefused(code=code):
                self.noted("WS", self.name, 0.0, code)
                return False
            case _:
                return False


class Sums(Watching):
    """A regulator's: how many are online in the own region, about once a second."""

    address = "/ws/oversight"
    name = "ws oversight sums"

    def __init__(self, url: str, cookie: str, noted: Noted) -> None:
        super().__init__(url, cookie, noted)
        self.heard = 0
        self.most = 0  # online at a time
        self._look = 0

    def asks(self) -> object:
        self._look += 1
        return o.Look(o.VERSION, self._look)

    def hear(self, text: bytes) -> bool:
        said: o.ToOversight = _sums_decoder.decode(text)
        if isinstance(said, o.OversightRefused):
            self.noted("WS", self.name, 0.0, said.code)
            return False
        self.heard += 1
        self.most = max(self.most, said.total[0])
        return True
