"""``/metrics`` for Prometheus, on an address of its own that no learner reaches (ANXUE_METRICS); no label names a person."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from classroom.capacity.rules import Gauge
from classroom.database import connection_in_use
from realtime.connection import Connections
from realtime.media_pool import Member
from realtime.seat import Seat
from realtime.tally import BUCKETS_S, Tally
from realtime.vitals import Vitals

ANSWER_S = 5.0
REQUEST_BYTES = 8 * 1024


class AllSeats(Protocol):
    """Where the learners of this process sit."""

    def all(self) -> tuple[Seat, ...]:
        """Every seat."""
        ...


class Metrics(Collector):
    """Reads everything at the moment it is asked."""

    def __init__(
        self, seats: AllSeats, connections: Connections, members: list[Member], vitals: Vitals, tally: Tally
    ) -> None:
        self._seats, self._connections, self._members = seats, connections, members
        self._vitals, self._tally = vitals, tally
        self._server: asyncio.Server | None = None
        self.database: Callable[[], Iterator[Metric]] = _pool
        self.gauges: Callable[[], Sequence[Gauge]] = tuple
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(self)

    async def open(self, host: str, port: int) -> int:
        """Listen; the answer is the port."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(ANSWER_S):
                request = await reader.readuntil(b"\r\n\r\n")
                found = request.startswith(b"GET /metrics ")
                body = generate_latest(self.registry) if found else b""
                status = b"200 OK" if found else b"404 Not Found"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n")
                writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        writer.close()

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        yield self._learners()
        yield _gauge("classroom_sockets", "Open sockets of learners.", len(self._connections))
        yield _counts("classroom_arrivals", "Pages that came to a seat.", "how", self._tally.arrivals)
        yield _counts(
            "classroom_slots", "Answers of the media plane to who asked for a check.", "answer", self._tally.slots
        )
        yield _counts("classroom_checks", "Checks that ended.", "outcome", self._tally.outcomes)
        yield CounterMetricFamily(
            "classroom_seats_written", "Seats committed, heartbeats and events.", self._tally.seats_written
        )
        yield self._commits()
        health = self._vitals.health
        yield _gauge("classroom_database_up", "Whether the database answers.", health.database)
        yield _gauge("classroom_guards", "Whether the database protects the journal.", health.guards)
        if health.layer is not None:
            yield _gauge("classroom_layer_up", "Whether Redis carries messages between processes.", health.layer)
        yield _gauge(
            "classroom_loop_lag_seconds", "How late the event loop was at worst in two seconds.", self._vitals.lag_s
        )
        yield _gauge("classroom_tasks", "Tasks of the event loop; each has an owner, so none may pile up.", _tasks())
        yield from self._media()
        yield self._design()
        yield from self.database()

    def _learners(self) -> Metric:
        phases = Counter(seat.phase for seat in self._seats.all())
        found = GaugeMetricFamily("classroom_learners", "Seats of this process by phase.", labels=["phase"])
        for phase, count in sorted(phases.items()):
            found.add_metric([phase], count)
        return found

    def _commits(self) -> Metric:
        tally = self._tally
        buckets = [(str(bound), float(count)) for bound, count in zip(BUCKETS_S, tally.commit_buckets, strict=True)]
        found = HistogramMetricFamily("classroom_commit_seconds", "Time that a batch of seats took to be safe.")
        found.add_metric([], [*buckets, ("+Inf", float(tally.commits))], tally.commit_s)
        return found

    def _design(self) -> Metric:
        labels = ["resource", "place"]
        found = GaugeMetricFamily("classroom_design_percent", "Share of the declared design load in use.", labels=labels)
        for gauge in self.gauges():
            found.add_metric([gauge.resource.value, gauge.place], gauge.percent)
        return found

    def _media(self) -> Iterator[Metric]:
        families = {
            name: GaugeMetricFamily(f"classroom_media_{name}", about, labels=["media"])
            for name, about in (
                ("up", "Whether the media process answers."),
                ("running", "Checks that it runs."),
                ("slots", "Checks that it can run at once."),
            )
        }
        for n, member in enumerate(self._members, 1):
            for name, value in (("up", member.up), ("running", member.running), ("slots", member.slots)):
                families[name].add_metric([str(n)], value)
        yield from families.values()


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # asked without a loop
        return 0


def _pool() -> Iterator[Metric]:
    pool = getattr(connection_in_use(), "_pool", None)  # PostgreSQL only
    return iter(()) if pool is None else pool_metrics(pool)


def pool_metrics(pool: Any) -> Iterator[Metric]:
    """What asyncpg says of its connections."""
    yield _gauge("classroom_pool_size", "Connections to the database that are open.", pool.get_size())
    yield _gauge("classroom_pool_used", "Connections in use.", pool.get_size() - pool.get_idle_size())
    yield _gauge("classroom_pool_limit", "Connections that may be open.", pool.get_max_size())


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, float(value))


def _counts(name: str, about: str, label: str, counted: Counter[str]) -> Metric:
    found = CounterMetricFamily(name, about, labels=[label])
    for value, count in sorted(counted.items()):
        found.add_metric([value], count)
    return found
