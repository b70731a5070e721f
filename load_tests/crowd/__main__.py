"""Simulated learners: ``python -m load_tests.crowd --learners 300``.

Without --url it starts a living demo of its own: its data in {DATA}/crowd (made the first time, --seed makes it anew),
a control process, a media process with a stand-in before it, so that real learners may join by camera.
With --url it joins a server that stands on such data and such a stand-in.
"""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import msgspec

from load_tests.crowd.crowd import Crowd
from load_tests.plan import Account
from load_tests.servers import ROOT, Servers

TOLD_EVERY_S = 10.0
ARRIVE_S = 0.1  # one learner after the other


class Seeded(msgspec.Struct, frozen=True):
    """What ``load_tests.seed.demo`` prints."""

    learners: list[Account]
    others: list[dict[str, str]]


def main() -> int:
    """Read the command line, run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.crowd", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=None, help="end by itself; else Ctrl-C ends it")
    parser.add_argument("--seed", action="store_true", help="make the living demo's data anew")
    parser.add_argument("--url", action="append", help="of a server that runs; repeat it for several processes")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases")
    parser.add_argument("--redis", default=os.environ.get("ANXUE_LOAD_REDIS"))
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    data = Path(os.environ.get("ANXUE_DATA") or ROOT / "var" / "crowd").expanduser().resolve()
    if chosen.url:
        return _study(chosen.url, _accounts(data), chosen)
    if chosen.seed and data.name == "crowd":
        rmtree(data, ignore_errors=True)
    about = {"postgres": chosen.postgres, "redis": chosen.redis, "processes": chosen.processes}
    with Servers(data=data, port=chosen.port, real_media=True, **about) as servers:
        print("Making the living demo's data …", flush=True)
        status, said = servers.run("load_tests.seed.demo", str(chosen.learners))
        if status != 0:
            print(said)
            return 1
        servers.start()
        print(f"\n安学课堂 is open: {'  '.join(f'{url}/' for url in servers.urls)}\n")
        seeded = _accounts(data)
        for one in seeded.others:
            print(f"  {one['role']:10} {one['account']:14} {one['password']:18} {one['about']}")
        print(flush=True)
        return _study(servers.urls, seeded, chosen)


def _accounts(data: Path) -> Seeded:
    file = data / "crowd-accounts.json"
    if not file.is_file():
        sys.exit(f"{file} is missing: the server must stand on data that load_tests.seed.demo made (ANXUE_DATA).")
    return msgspec.json.decode(file.read_bytes(), type=Seeded)


def _study(urls: list[str], seeded: Seeded, chosen: argparse.Namespace) -> int:
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(urls, seeded.learners[: chosen.learners], chosen.minutes))
    return 0


async def _run(urls: list[str], accounts: list[Account], minutes: float | None) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    crowd = Crowd(urls)
    arriving = asyncio.create_task(crowd.arrive(accounts, ARRIVE_S * len(accounts)), name="arriving")
    until = None if minutes is None else asyncio.get_running_loop().time() + minutes * 60
    while not ending.is_set() and (until is None or asyncio.get_running_loop().time() < until):
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_EVERY_S):
                await ending.wait()
        print(crowd.told(), flush=True)
    print("Everybody signs out.", flush=True)
    arriving.cancel()
    await asyncio.wait([arriving])
    await crowd.end(60 if not ending.is_set() else 15)


if __name__ == "__main__":
    sys.exit(main())
