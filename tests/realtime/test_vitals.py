"""What the probes say when the database, the journal's guards, the media plane or the layer are away."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from classroom.guards import GuardMissing
from realtime.connection import Connections
from realtime.media import MediaPlane
from realtime.media_pool import Member
from realtime.metrics import Metrics
from realtime.tally import Tally
from realtime.vitals import Health, Vitals


class World:
    """Whatever a process stands on."""

    def __init__(self) -> None:
        self.up = True  # the layer
        self.database: Exception | None = None
        self.guards: Exception | None = None
        self.member = Member("http://media", MediaPlane("http://media", "s" * 32), slots=8)
        self.vitals = Vitals([self.member], self, ask=self._ask, ask_guards=self._ask_guards)

    async def _ask(self) -> None:
        if self.database:
            raise self.database

    async def _ask_guards(self) -> None:
        if self.guards:
            raise self.guards


@pytest.mark.parametrize(
    ("away", "status"),
    [("nothing", "ok"), ("layer", "degraded"), ("media", "degraded"), ("database", "down"), ("guards", "down")],
)
async def test_health_tells_what_is_away_and_how_bad_that_is(away: str, status: str) -> None:
    world = World()
    world.up = away != "layer"
    world.member.up = away != "media"
    world.database = OSError("no route to 10.0.0.5") if away == "database" else None
    world.guards = GuardMissing("triggers are missing: journal_no_update") if away == "guards" else None
    await world.vitals.look(guards=True)
    assert world.vitals.health.status == status
    assert world.vitals.health == Health(away != "database", away != "guards", int(away != "media"), away != "layer")
    world.up = world.member.up = True
    world.database = world.guards = None
    await world.vitals.look(guards=True)
    assert world.vitals.health.status == "ok"


async def test_metrics_are_told_to_whoever_asks_there_and_nothing_else_is() -> None:
    world, tally = World(), Tally()
    tally.committed(0.004, 12)
    tally.slots["granted"] += 3
    tally.outcomes["passed"] += 2
    seats = SimpleNamespace(all=lambda: [SimpleNamespace(phase=one) for one in ("studying", "studying", "paused")])
    metrics = Metrics(seats, Connections(), [world.member], world.vitals, tally)
    metrics.database = lambda: iter(())
    port = await metrics.open("127.0.0.1", 0)
    try:
        status, text = await _get(port, "/metrics")
        assert (await _get(port, "/"))[0] == 404
    finally:
        await metrics.close()
    assert status == 200
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    told = {name: float(value) for name, value in values.items() if name.startswith("classroom_")}
    assert told['classroom_learners{phase="studying"}'] == 2
    assert told['classroom_slots_total{answer="granted"}'] == 3
    assert told['classroom_checks_total{outcome="passed"}'] == 2
    assert told['classroom_commit_seconds_bucket{le="0.005"}'] == 1
    assert told['classroom_commit_seconds_bucket{le="0.002"}'] == 0
    assert told['classroom_media_slots{media="1"}'] == 8
    assert told["classroom_seats_written_total"] == 12
    assert "process_open_fds" in values
    labels = Counter(name.partition("{")[2].partition("=")[0] for name in told if "{" in name)
    assert set(labels) <= {"phase", "answer", "outcome", "le", "media", "how"}


async def _get(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body
