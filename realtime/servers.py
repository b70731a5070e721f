"""The two ASGI servers that a control process can listen with, set up alike."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from classroom.clock import now_ms
from realtime.protocol import MAX_MESSAGE_BYTES

BACKLOG = 4096
PING_INTERVAL_S = 10
PING_TIMEOUT_S = 15  # a page that answers no ping is gone within 25 s, inside the online lease of 30 s
MAX_FRAME_BYTES = 2 * MAX_MESSAGE_BYTES  # what is a little too large gets our close code, a flood the server's


class Serving(Protocol):
    """A server that is ready to run."""

    def run(self, loop: asyncio.AbstractEventLoop, opened: Callable[[int], None]) -> int:
        """Serve until stopped; ``opened`` hears the port. The answer is the exit status."""
        ...

    def stop(self) -> None:
        """Make ``run`` return."""
        ...


def start(name: str, application: Any, host: str, port: int, *, certificate: Path | None = None) -> Serving:
    """Make the server of that name; nothing listens before ``run``. With a certificate (and its key) it speaks TLS only."""
    make = _Daphne if name == "daphne" else _Uvicorn
    return make(application, host, port, certificate)


class _Daphne:
    """daphne on the loop that the launcher gave to Twisted's reactor."""

    def __init__(self, application: Any, host: str, port: int, certificate: Path | None) -> None:
        from daphne import http_protocol, server, ws_protocol
        from daphne.server import Server
        from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
        from twisted.internet import asyncioreactor, defer
        from twisted.internet.endpoints import quoteStringArgument

        class EndsEveryApplication(Server):
            def kill_all_applications(self) -> Any:
                # daphne's own trips over a kept-alive connection without a request, and then cancels none.
                running = [
                    details["application_instance"]
                    for details in self.connections.values()
                    if "application_instance" in details and not details["application_instance"].done()
                ]
                for application_instance in running:
                    application_instance.cancel()
                ended = asyncio.gather(*running, return_exceptions=True)
                return defer.Deferred.fromFuture(ended) if running else None

        class SendsAll(WebSocketProtocol):
            maxMessagePayloadSize: int  # autobahn's
            http_headers: dict[str, str]
            http_request_data: bytes

            def onOpen(self) -> None:  # autobahn's name
                super().onOpen()
                # A browser's headers: some KiB for as long as a learner studies.
                self.request.headers, self.http_headers, self.http_request_data = {}, {}, b""

            def handle_reply(self, message: dict[str, Any]) -> None:
                # daphne's leaves out an empty message, and raises inside the application when the peer has just closed.
                if message["type"] != "websocket.send" or self.state == self.STATE_CONNECTING:
                    super().handle_reply(message)
                elif self.state == self.STATE_OPEN:
                    text = message.get("text")
                    # autobahn refuses to send what is longer than a page may say, as a wall's class of 400 learners is.
                    most, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
                    try:
                        self.serverSend(message["bytes"] if text is None else text, binary=text is None)
                    finally:
                        self.maxMessagePayloadSize = most

        WebSocketFactory.protocol = SendsAll
        asyncioreactor.callWithLogger = _without_logger
        for module in (http_protocol, server, ws_protocol):
            # They time requests and pings by the wall clock: one that is set would end whatever is being served.
            module.time = SimpleNamespace(time=lambda: now_ms() / 1000)
        kind = "tcp"
        if certificate is not None:  # Twisted's own least version is TLS 1.2
            kind = f"ssl:privateKey={quoteStringArgument(str(certificate))}"
        self._server = EndsEveryApplication(
            application=application,
            endpoints=[f"{kind}:port={port}:interface={quoteStringArgument(host)}:backlog={BACKLOG}"],
            signal_handlers=False,
            http_timeout=120,  # a request that never ends; the slowest honest one is a segment on a phone
            websocket_timeout=-1,  # its default closes every socket after a day
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            websocket_max_message_size=MAX_FRAME_BYTES,
            websocket_max_frame_size=MAX_FRAME_BYTES,
            application_close_timeout=10,
            server_name="classroom",
        )

    def run(self, loop: asyncio.AbstractEventLoop, opened: Callable[[int], None]) -> int:
        self._server.ready_callable = lambda: opened(self._server.listening_addresses[0][1])
        self._server.run()
        return 0 if self._server.listening_addresses else 1

    def stop(self) -> None:
        self._server.stop()


class _Uvicorn:
    """uvicorn with its sans-I/O WebSocket implementation: about three times daphne's rate."""

    def __init__(self, application: Any, host: str, port: int, certificate: Path | None) -> None:
        import uvicorn
        from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

        class Lean(WebSocketsSansIOProtocol):
            heard_at = 0.0  # of the loop's clock

            def start_keepalive(self) -> None:
                super().start_keepalive()  # called once, when the handshake is answered
                del self.request, self.response  # as above

            def send_receive_event_to_app(self) -> None:
                self.heard_at = self.loop.time()
                super().send_receive_event_to_app()

            def send_keepalive_ping(self) -> None:
                # Who has just said something is there, as daphne has it: a page that studies speaks twice as often.
                quiet_s = PING_INTERVAL_S - (self.loop.time() - self.heard_at)
                if quiet_s > 0:
                    self.ping_timer = self.loop.call_later(quiet_s, self.send_keepalive_ping)
                else:
                    super().send_keepalive_ping()

        class WithoutSignals(uvicorn.Server):
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield  # the launcher handles them

        self._server = WithoutSignals(
            uvicorn.Config(
                application,
                host=host,
                port=port,
                backlog=BACKLOG,
                ws=Lean,
                ws_max_size=MAX_FRAME_BYTES,
                ws_ping_interval=PING_INTERVAL_S,
                ws_ping_timeout=PING_TIMEOUT_S,
                ws_per_message_deflate=False,  # a window of 32 KiB a page, and CPU, for messages of 250 bytes
                lifespan="off",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                ssl_certfile=certificate,
                ssl_context_factory=None if certificate is None else _modern,
            )
        )

    def run(self, loop: asyncio.AbstractEventLoop, opened: Callable[[int], None]) -> int:
        async def serve() -> None:
            serving = asyncio.create_task(self._server.serve(), name="uvicorn")
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.01)
            if self._server.started:
                opened(self._server.servers[0].sockets[0].getsockname()[1])
            await serving

        loop.run_until_complete(serve())
        return 0 if self._server.started else 1

    def stop(self) -> None:
        self._server.should_exit = True


def _without_logger(logger: Any, call: Callable[..., Any], *arguments: Any) -> None:
    """Twisted names the socket in its own log at every read; its reactor catches what a read raises by itself."""
    call(*arguments)


def _modern(config: Any, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
