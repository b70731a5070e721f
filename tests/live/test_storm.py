"""A class that connects anew all at once doesn't keep an honest learner's heartbeats waiting."""

from tests.live import storm
from tests.live.conftest import Open

RATE_PER_S = 60.0
SLOW_MS = 1_500  # ungated, 30 arrivals a second brought the p99 past a second on this kind of machine


async def test_a_storm_of_arrivals_is_let_in_so_fast_as_those_who_study_can_bear(open_server: Open) -> None:
    """Printed: round trips alone and in the storm. Whoever can't be let in soon is told to come again."""
    server = open_server(storm.plan())
    found = await storm.felt(server, rate_per_s=RATE_PER_S, seconds=5)
    print(storm.told(found, RATE_PER_S))
    assert found.seated > 0
    assert storm.percentile(found.storm_ms, 0.5) < SLOW_MS / 3 + 3 * storm.percentile(found.alone_ms, 0.5)
    assert storm.percentile(found.storm_ms, 0.99) < SLOW_MS + 3 * storm.percentile(found.alone_ms, 0.99)
