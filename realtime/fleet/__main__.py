"""``python -m realtime.fleet``: the production topology on one machine. Ctrl-C ends all, SIGHUP restarts one after the other."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from realtime import logs
from realtime.fleet.processes import ROOT, Fleet, NotReady, environment
from realtime.fleet.services import Missing, Services


def main() -> int:
    """Run until a signal; the answer is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m realtime.fleet", description=__doc__)
    parser.add_argument("--control", type=int, default=2, help="control processes (2)")
    parser.add_argument("--media", type=int, default=2, help="media processes (2); 0: those of ANXUE_MEDIA_URL")
    parser.add_argument("--demo", action="store_true", help="with the demo's data")
    chosen = parser.parse_args()
    logs.configure()
    try:
        data = Path(os.environ.get("ANXUE_DATA") or ROOT / "var").expanduser().resolve()
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return asyncio.run(_run(data, chosen.control, chosen.media, demo=chosen.demo))
    except (Missing, NotReady) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1


async def _run(data: Path, control: int, media: int, *, demo: bool) -> int:
    given = environment()
    host, port = given.get("ANXUE_HOST") or "127.0.0.1", int(given.get("ANXUE_PORT") or 8900)
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    services = Services(data)
    try:
        given |= {"ANXUE_DATA": str(data)}
        given.setdefault("ANXUE_DATABASE", "")
        given["ANXUE_DATABASE"] = given["ANXUE_DATABASE"] or await services.postgres(_free_port())
        given["ANXUE_REDIS_URL"] = given.get("ANXUE_REDIS_URL") or await services.redis(_free_port())
        await _prepare(given, demo=demo)
        fleet = Fleet(
            given,
            control=[_free_port() for _ in range(control)],
            media=[_free_port() for _ in range(media)],
            log=data / "fleet.log",
        )
        try:
            await fleet.open(host, port)
            _say(f"open at http://{host}:{port}/ with {control} control and {media} media processes")
            _say(f"pid {os.getpid()}: SIGHUP restarts the control processes one after the other; Ctrl-C ends all")
            await _watch(fleet, stop, again)
        finally:
            await fleet.close()
    finally:
        await services.close()
    _say("ended")
    return 0


async def _watch(fleet: Fleet, stop: asyncio.Event, again: asyncio.Event) -> None:
    while True:
        waits = [asyncio.create_task(one, name="fleet") for one in (stop.wait(), again.wait(), fleet.died())]
        done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if stop.is_set():
            return
        if again.is_set():
            again.clear()
            await _roll(fleet, stop)
        else:
            for task in done:
                _say(f"the process on port {task.result()} ended by itself (what it said is in fleet.log); it is started again")
                await fleet.revive(int(task.result()))


async def _roll(fleet: Fleet, stop: asyncio.Event) -> None:
    """Until it is done, or everything is to end."""
    rolling, stopping = asyncio.create_task(fleet.roll(), name="roll"), asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait((rolling, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (rolling, stopping):
        task.cancel()  # one that is done stays so
    _, refused = await asyncio.gather(stopping, rolling, return_exceptions=True)
    if isinstance(refused, NotReady):  # the others serve its learners, and it is tried again as one that died
        _say(f"the restart went no further: {refused}")
    elif isinstance(refused, Exception):
        raise refused
    elif refused is None:
        _say("every control process was restarted")


async def _prepare(given: dict[str, str], *, demo: bool) -> None:
    """The schema, or the whole demo."""
    module = "classroom.demo" if demo else "classroom.install"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, env=given)
    if await process.wait() != 0:
        raise Missing(f"{module} failed; see above.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
