"""Starts one control process: ``python -m realtime.launcher``; SIGTERM ends it in under two seconds."""

import argparse
import asyncio
import gc
import importlib
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvloop

from classroom.clock import now_ms
from realtime import lan, logs
from realtime.certificate import ensure
from realtime.forwarded import behind_proxies
from realtime.process_lock import AlreadyRunning, ProcessLock

HARD_STOP_S = 1.8  # then the process ends as it stands, which costs no more than kill -9: one heartbeat
LAST_MEDIA_S = 3.0  # the media process of a launcher that was killed a moment ago may still be dying
FAREWELL_S = 0.3  # for the close frames to reach the pages
# While garbage is collected nobody is served: a few objects at a time, and what lives long seldom (docs/performance.md).
COLLECTED = (5_000, 10, 1_000)

_log = structlog.get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; the answer is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m realtime.launcher", description=__doc__)
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    parser.add_argument("--no-media", action="store_true", help="the media process is started by somebody else")
    parser.add_argument("--lan", action="store_true", help="TLS on the local network's addresses, for a phone's camera")
    chosen = parser.parse_args(arguments)
    logs.configure()
    own = lan.addresses() if chosen.lan else []
    if chosen.lan:
        os.environ.update(lan.environment(os.environ, own))
    try:
        settings = _settings()
    except ValueError as refused:  # settings.SettingsError, which names the variable and never its value
        return _refuse(str(refused))
    if not _can_listen(settings.HOST, settings.PORT):
        return _refuse(f"Port {settings.PORT} on {settings.HOST} is in use; stop what uses it or set ANXUE_PORT.")
    for media in [] if chosen.no_media else map(urlsplit, settings.MEDIA_URLS):
        if not _can_listen(media.hostname or "", media.port or 0, LAST_MEDIA_S):
            return _refuse(f"Port {media.port} is in use, where the media process would be; set ANXUE_MEDIA_URL.")
    lock = ProcessLock(settings.DATA / "control.lock")
    if settings.DATABASE.startswith("sqlite://"):
        try:
            lock.acquire()
        except AlreadyRunning as refused:
            return _refuse(str(refused))
    try:
        certificate = None
        if chosen.lan:
            certificate = ensure(settings.DATA / "tls", [lan.LOOPBACK, *own], now_ms())
        return _run(settings, chosen.server, with_media=not chosen.no_media, certificate=certificate)
    except AlreadyRunning as refused:
        return _refuse(str(refused))
    finally:
        lock.release()


def _run(settings: Any, server: str, *, with_media: bool, certificate: Path | None) -> int:
    _raise_descriptor_limit()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    if server == "daphne":
        from twisted.internet import asyncioreactor

        asyncioreactor.install(loop)  # before daphne.server is imported, which would install one of its own
    from realtime import servers
    from realtime.process import ControlProcess  # Django's settings are ready only now

    process = ControlProcess(settings, with_media=with_media)
    # Seconds of imports, so before anything waits on the loop.
    application = importlib.import_module("asgi").build(
        process.wiring, lambda: process.ready, lambda: process.vitals.health
    )
    application = behind_proxies(application, settings.PROXIES)
    serving = servers.start(server, application, settings.HOST, settings.PORT, certificate=certificate)
    loop.run_until_complete(process.open())
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop_once(loop, process, serving.stop))
        gc.collect()
        gc.freeze()  # what start made lives as long as the process; a full collection stops every learner
        gc.set_threshold(*COLLECTED)

        def opened(port: int) -> None:
            _log.info("The classroom is open.", address=_address(settings.HOST, port, tls=certificate is not None))

        return serving.run(loop, opened)
    finally:
        loop.run_until_complete(process.close())
        loop.close()
        _log.info("The control process has ended.")


def _stop_once(loop: asyncio.AbstractEventLoop, process: Any, stop: Callable[[], None]) -> Callable[[], None]:
    stopping: list[asyncio.Task[None]] = []

    async def farewell() -> None:
        try:
            await process.farewell(FAREWELL_S)
        finally:
            stop()

    def on_signal() -> None:
        if not stopping:
            net = threading.Timer(HARD_STOP_S + process.drain_s, os._exit, (1,))
            net.daemon = True
            net.start()
            stopping.append(loop.create_task(farewell(), name="farewell"))
        else:
            process.hurry()  # asked for again: whoever asks doesn't want to wait for open checks

    return on_signal


def _settings() -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    return importlib.import_module("settings")


def _can_listen(host: str, port: int, patience_s: float = 0.0) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(1 + int(patience_s / 0.1)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return True
            except OSError:
                time.sleep(0.1 if patience_s else 0)
    return False


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _address(host: str, port: int, *, tls: bool) -> str:
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
