"""Several control processes: a learner's seat is in one of them, and may move to another without costing a second."""

import asyncio
import random  # noqa: TID251  # what a test does by chance, told by its seed
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from realtime import protocol as p
from tests.live.camera import Told
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.record import assert_sound, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

HEARTBEAT_MS = BRISK["heartbeat_ms"]
JITTER_MS = 250  # messages on their way and a busy machine, for each transition
WANDERINGS = 8
LATE = {"drawn_from_ms": 40_000, "drawn_to_ms": 50_000}  # no check in between
RULES = BRISK | LATE | {"report_gap_ms": 3_000, "window_ms": 4_000}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    cluster = Cluster(
        tmp_path_factory.mktemp("cluster"),
        Plan(rules=RULES, lessons=((60_000, 1_000),), learners=24, environment={"ANXUE_DRAIN_S": "20"}),
        postgres_url=postgres_url,
        redis_url=redis_url,
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    shared.start_servers()  # a test may have ended one
    return shared


@asynccontextmanager
async def studying(server: Server, *accounts: str) -> AsyncIterator[list[Learner]]:
    """Learners who study at this process, their video going on whatever happens to the line."""
    async with AsyncExitStack() as stack:
        learners = [await stack.enter_async_context(Learner(server, account)) for account in accounts]
        await asyncio.gather(*(_begin(learner) for learner in learners))
        yield learners


async def _begin(learner: Learner) -> None:
    learner.plays_on = True
    await learner.sign_in()
    await learner.enter()
    await learner.begin()
    await learner.open()
    await learner.play()
    await learner.watch(1_200)


async def _ended(learner: Learner) -> dict[str, Any]:
    await learner.sign_out()
    record = await learner.record()
    assert_sound(record)
    return record


def _assert_lost_at_most(record: dict[str, Any], shown_ms: float, beats: int, transitions: int) -> None:
    lost_ms = shown_ms - earned_ms(record)
    print(f"shown {shown_ms:.0f} ms, earned {earned_ms(record)} ms, lost {lost_ms:.0f} ms; {reasons(record)}")
    assert -JITTER_MS <= lost_ms <= beats * HEARTBEAT_MS + transitions * JITTER_MS
    assert sum(lesson["earned_to_ms"] for lesson in record["lessons"]) == earned_ms(record)  # no second twice


async def _owner(cluster: Cluster, learner: Learner) -> str:
    """The process that has the learner's seat."""
    return str((await _seat(cluster, learner))["owner"])


async def _seat(cluster: Cluster, learner: Learner) -> dict[str, object]:
    _, about = await learner.ask("GET", "/api/me")
    [row] = await cluster.rows("SELECT * FROM seat WHERE learner_id = $1", about["account"]["id"])
    return dict(row)


async def test_a_takeover_between_processes_and_back(cluster: Cluster) -> None:
    """Rule 9: the second device is told that another holds the session, passes its check through the relay, goes on.

    Its seat follows it, and the old page, relayed now, may take it back.
    """
    here, there = cluster.servers
    async with studying(here, "learner-0") as [first], Learner(there, "learner-0") as second:
        owner = await _owner(cluster, first)
        await second.sign_in()
        await second.enter()
        assert second.view and (second.view.here, second.view.elsewhere, second.view.phase) == (False, True, "studying")
        second.send(p.Pause(position_ms=0))
        await second.until(lambda: any(no.code == "NOT_HERE" for no in second.of(p.Refused)))
        assert await _owner(cluster, first) == owner

        await second.begin_beside()
        await second.until(lambda: bool(second.view and second.view.here and second.view.phase == "browsing"))
        await first.until(lambda: bool(first.view and first.view.elsewhere))
        await second.open()
        await second.play()
        await second.watch(1_500)
        assert second.view.phase == "studying"
        moved = await _owner(cluster, first)
        assert moved != owner, "heartbeats cross the layer"
        assert first.online, "the old page lost its connection when the seat moved"

        await first.begin_beside()
        await first.until(lambda: bool(first.view and first.view.here and first.view.phase == "browsing"))
        await first.open()
        await first.play()
        await first.watch(1_000)
        await second.until(lambda: bool(second.view and second.view.elsewhere))
        assert await _owner(cluster, first) == owner
        shown_ms = first.video.total_ms + second.video.total_ms
        record = await _ended(first)
    assert outcomes(record) == [("login", "passed")] * 3
    assert set(reasons(record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED"}
    _assert_lost_at_most(record, shown_ms, beats=0, transitions=6)


async def test_a_page_that_was_left_behind_open_follows_the_seat_and_takes_nothing(cluster: Cluster) -> None:
    """A browser keeps a page that was left, with its socket, to go back to quickly; it says the same tab's name.

    The session of the page in front is begun through the relay, and its seat moves to it with all pages that are there.
    """
    here, there = cluster.servers
    async with Learner(here, "learner-17") as learner:
        learner.plays_on = True
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.sign_out()
        await learner.abandon()
        learner.server, learner._stream = there, None  # another page of the same tab
        await learner.enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.watch(2_500)
        assert (learner.online, learner.close_code) == (True, None)
        assert learner.view and learner.view.here
        record = await _ended(learner)
    _assert_lost_at_most(record, learner.video.total_ms, beats=0, transitions=2)


async def test_a_learner_who_comes_back_to_the_other_process_goes_on(cluster: Cluster) -> None:
    """One whose network changed (the old socket looks alive) isn't even paused; one whose line was cut was, for the gap."""
    here, there = cluster.servers
    async with studying(here, "learner-1", "learner-2") as [changed, cut]:
        await changed.abandon()
        changed.server = there
        await changed.enter()
        assert changed.view and (changed.view.phase, changed.view.here) == ("studying", True)

        await cut.drop()
        cut.server = there
        await cut.enter()
        assert cut.view and (cut.view.phase, cut.view.reason) == ("paused", "DISCONNECTED")
        await cut.play()
        await asyncio.gather(changed.watch(1_500), cut.watch(1_500))
        records = [await _ended(learner) for learner in (changed, cut)]
        shown = [changed.video.total_ms, cut.video.total_ms]
    assert set(reasons(records[0])) <= {"AWAITING_CHECK", "BROWSING", "STALLED"}
    assert set(reasons(records[1])) <= {"AWAITING_CHECK", "BROWSING", "STALLED", "DISCONNECTED"}
    _assert_lost_at_most(records[0], shown[0], beats=0, transitions=3)
    _assert_lost_at_most(records[1], shown[1], beats=1, transitions=4)


async def test_an_open_check_stays_where_it_is_and_its_page_is_relayed_to_it(cluster: Cluster) -> None:
    """A reload in the middle of a check that lands at the other process: the prompts, the offer and the verdict pass."""
    here, there = cluster.servers
    async with Learner(here, "learner-3", Told("nobody")) as learner:
        await learner.sign_in()
        await learner.enter()
        owner_before = await _owner(cluster, learner)
        learner.send(p.Begin())
        await learner.until(lambda: bool(learner.of(p.CheckPrompt)))
        await learner.drop()
        learner.server, learner.check = there, None
        learner.camera = Told("passes")
        answers = len(learner.of(p.CheckAnswer))
        await learner.come_back()
        await learner.until_phase("browsing")
        assert len(learner.of(p.CheckAnswer)) > answers
        await learner.open()
        await learner.play()
        await learner.watch(1_000)
        assert await _owner(cluster, learner) != owner_before
        record = await _ended(learner)
    assert outcomes(record) == [("login", "passed")]


async def test_of_two_processes_that_believe_they_own_a_seat_only_one_can_write(cluster: Cluster) -> None:
    """The fence: one hangs past its lease, the other claims, the first wakes up. It writes nothing, its page comes back."""
    here, there = cluster.servers
    async with studying(here, "learner-4", "learner-5") as [frozen, bystander]:
        before = await _owner(cluster, frozen)
        here.signal(signal.SIGSTOP)
        try:
            async with Learner(there, "learner-4") as elsewhere, Learner(there, "learner-5") as too:
                for one in (elsewhere, too):
                    await one.sign_in()
                    await one.come_back()
                    assert one.view and (one.view.phase, one.view.reason) == ("paused", "SYSTEM_ERROR")
                assert await _owner(cluster, elsewhere) != before
                written = await _journal(cluster)
                here.signal(signal.SIGCONT)
                for learner in (frozen, bystander):  # their heartbeats have been waiting for it
                    await learner.until(lambda learner=learner: not learner.online)
                    assert learner.close_code in (p.CLOSE_LOST_SEAT, p.CLOSE_RESTART)
                assert await _journal(cluster) == written
                for learner in (frozen, bystander):
                    await learner.come_back()
                    assert learner.view and learner.view.here, learner.view
                    assert (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
                await frozen.play()
                await frozen.watch(1_000)
        finally:
            here.signal(signal.SIGCONT)
        shown_ms = frozen.video.total_ms
        record = await _ended(frozen)
        await _ended(bystander)
    assert "SYSTEM_ERROR" in reasons(record)
    assert len(record["sessions"]) == 1
    assert earned_ms(record) <= shown_ms + JITTER_MS
    assert sum(lesson["earned_to_ms"] for lesson in record["lessons"]) == earned_ms(record)
    assert there.replay()[0] == 0


async def test_a_heartbeat_of_an_owner_before_is_not_written(cluster: Cluster) -> None:
    """The same without any row of the journal: what a heartbeat changes is fenced too, and nobody hears it as counted."""
    here, there = cluster.servers
    async with studying(here, "learner-15") as [learner], Learner(there, "learner-15") as elsewhere:
        owner = await _owner(cluster, learner)
        await cluster.rows("UPDATE control_process SET ended = true WHERE id = $1", owner)  # as the others believe
        try:
            await elsewhere.sign_in()
            await elsewhere.enter()
            taken = await _seat(cluster, learner)
            assert taken["owner"] != owner
            beats = len(learner.of(p.Beaten))
            learner.beat()
            await learner.until(lambda: not learner.online)
            assert learner.close_code == p.CLOSE_LOST_SEAT
            assert len(learner.of(p.Beaten)) == beats
            assert await _seat(cluster, learner) == taken
        finally:
            await cluster.rows("UPDATE control_process SET ended = false WHERE id = $1", owner)
        await learner.come_back()
        assert learner.view and (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
        await _ended(learner)
    assert there.replay()[0] == 0


async def _journal(cluster: Cluster) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await cluster.rows("SELECT attendance_id, seq, hash FROM journal ORDER BY id")]


async def test_a_drained_process_hands_its_learners_over_without_a_pause(cluster: Cluster) -> None:
    """SIGTERM: who studies goes on at the other process; an open check is judged first; then the process ends."""
    here, there = cluster.servers
    accounts = ("learner-6", "learner-7")
    async with studying(here, *accounts) as learners, Learner(here, "learner-8", Told("nobody")) as challenged:
        await challenged.sign_in()
        await challenged.enter()
        challenged.send(p.Begin())
        await challenged.until(lambda: bool(challenged.of(p.CheckPrompt)))
        async with AsyncExitStack() as stack:
            for learner in learners:
                await stack.enter_async_context(learner.roaming(there))
            phases = [len(learner.of(p.View)) for learner in learners]
            here.ask_to_stop()
            for learner in learners:
                await learner.until(lambda learner=learner: learner.server is there and learner.view is not None)
            assert here.running, "it did not wait for the open check"
            assert await _status(f"{here.url}/readyz") == 503
            assert await _status(f"{there.url}/readyz") == 200
            assert challenged.online
            challenged.send(p.CheckOffer(check_id=challenged.check.check_id if challenged.check else "", sdp="passes"))
            await stack.enter_async_context(challenged.roaming(there))
            await challenged.until(lambda: challenged.server is there and challenged.view is not None)
            assert challenged.view and challenged.view.phase == "browsing"
            await asyncio.gather(*(learner.watch(1_500) for learner in learners))
            for learner, seen in zip(learners, phases, strict=True):
                assert {view.phase for view in learner.of(p.View)[seen:]} == {"studying"}
        records = [await _ended(learner) for learner in learners]
        shown = [learner.video.total_ms for learner in learners]
        login = await _ended(challenged)
    assert await asyncio.to_thread(here.wait, 10) == 0
    for record, shown_ms in zip(records, shown, strict=True):
        assert set(reasons(record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED"}
        _assert_lost_at_most(record, shown_ms, beats=0, transitions=3)
    assert outcomes(login) == [("login", "passed")]
    assert there.replay()[0] == 0


async def test_a_check_that_outlasts_the_patience_of_a_drained_process_is_no_strike(cluster: Cluster) -> None:
    """Rule 7: what is still open then is voided as our own fault, and the learner is asked again elsewhere."""
    here, there = cluster.servers
    impatient = Server(cluster.folder, here.plan, beside=here)
    impatient.environment["ANXUE_DRAIN_S"] = "1"
    try:
        impatient.start()
        async with Learner(impatient, "learner-13", Told("nobody")) as learner:
            await learner.sign_in()
            await learner.enter()
            learner.send(p.Begin())
            await learner.until(lambda: bool(learner.of(p.CheckPrompt)))
            learner.camera = Told("passes")
            async with learner.roaming(there):
                assert await asyncio.to_thread(impatient.stop, 20) == 0
                await learner.until(lambda: learner.server is there and learner.view is not None)
                await learner.until_phase("browsing")
            assert learner.view and learner.view.failures_left == 6
            record = await _ended(learner)
    finally:
        impatient.close()
    assert outcomes(record) == [("login", "device_error"), ("login", "passed")]


def test_without_a_channel_layer_a_second_process_is_refused(cluster: Cluster) -> None:
    """Two that can't speak to each other would each take the other's seats away."""
    here, _ = cluster.servers
    second = Server(cluster.folder, here.plan, beside=here)
    del second.environment["ANXUE_REDIS_URL"]
    status, said = second.run_launcher("--no-media")
    assert status == 2
    assert "ANXUE_REDIS_URL" in said


async def test_when_a_process_is_killed_its_learners_come_back_through_the_other(cluster: Cluster) -> None:
    """kill -9: within the lease and a moment they are there again, paused with our fault as the reason."""
    here, there = cluster.servers
    async with studying(here, "learner-9") as [learner], studying(there, "learner-10") as [other]:
        async with learner.roaming(there):
            here.kill()
            await learner.until(lambda: learner.server is there and learner.view is not None)
            assert learner.view and (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
            await learner.play()
            await learner.watch(1_000)
        records = [await _ended(learner), await _ended(other)]
        shown = [learner.video.total_ms, other.video.total_ms]
    assert "SYSTEM_ERROR" in reasons(records[0])
    assert len(records[0]["sessions"]) == 1
    assert "SYSTEM_ERROR" not in reasons(records[1])
    _assert_lost_at_most(records[1], shown[1], beats=0, transitions=3)
    assert there.replay()[0] == 0


async def test_while_redis_is_away_pages_at_their_seats_go_on(cluster: Cluster) -> None:
    """Only a page that comes to the wrong process must wait, and is told to come again; nothing needs a restart."""
    if cluster.redis is None:
        pytest.skip("no redis-server to stop and start")
    here, there = cluster.servers
    async with (
        studying(here, "learner-11") as [learner],
        Learner(there, "learner-11") as second,
        Learner(here, "learner-14") as phone,
    ):
        await second.sign_in()
        await second.enter()
        await phone.sign_in()
        await phone.enter()
        phone.server = there  # its next requests; the socket stays
        cluster.redis.stop()
        await second.until(lambda: not second.online)
        assert second.close_code == p.CLOSE_LOST_SEAT
        with pytest.raises(ConnectionError, match=str(p.CLOSE_RESTART)):
            await second.enter()
        beats = len(learner.of(p.Beaten))
        assert (await phone.ask("POST", "/api/logout"))[0] == 204  # at the other process: its socket can't hear of it
        await learner.watch(1_500)
        assert phone.online
        assert len(learner.of(p.Beaten)) > beats
        await learner.drop()  # and who has no page left is free to go anywhere
        learner.server = there
        await learner.come_back()
        assert learner.view and (learner.view.phase, learner.view.reason) == ("paused", "DISCONNECTED")
        await learner.play()
        await learner.watch(500)

        cluster.redis.start()
        second.server = here
        await second.come_back()
        assert second.view and second.view.elsewhere
        await phone.until(lambda: not phone.online)
        assert phone.close_code == p.CLOSE_UNAUTHENTICATED
        record = await _ended(learner)
        shown_ms = learner.video.total_ms
    _assert_lost_at_most(record, shown_ms, beats=1, transitions=4)
    assert set(reasons(record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED", "DISCONNECTED"}


async def test_a_notice_reaches_the_learner_wherever_the_seat_is(cluster: Cluster) -> None:
    """Allowance, withdrawn consent, portrait, end of the web session: done at one process, felt at the other."""
    here, there = cluster.servers
    async with Learner(here, "learner-12", Told("fails")) as learner, Learner(there, "staff") as staff:
        await learner.sign_in()
        await staff.sign_in()
        await learner.enter()
        learner.send(p.Begin())
        await learner.until_phase("signed_out")
        assert learner.view and learner.view.failures_left == 5
        _, about = await learner.ask("GET", "/api/me")
        assert (await staff.ask("POST", f"/api/staff/learners/{about['account']['id']}/allow"))[0] == 204
        await learner.until(lambda: bool(learner.view and learner.view.failures_left == 6))
        assert learner.online, "the seat was taken from its owner instead of being asked for"

        learner.camera = Told("passes")
        await learner.begin()
        learner.server = there  # its next requests; the socket stays
        assert (await learner.ask("DELETE", "/api/consent"))[0] == 200
        await learner.until(lambda: bool(learner.view and learner.view.phase == "signed_out"))
        await learner.until(lambda: bool(learner.view and learner.view.portrait == "none"))
        assert (await learner.ask("POST", "/api/logout"))[0] == 204
        await learner.until(lambda: not learner.online)
        assert learner.close_code == p.CLOSE_UNAUTHENTICATED


async def test_whoever_comes_and_goes_at_random_between_processes_keeps_what_was_earned(cluster: Cluster) -> None:
    """Six learners, two processes, lines cut and networks changed at any moment, a second device that looks on."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    here, _ = cluster.servers
    async with studying(here, *(f"learner-{n}" for n in range(18, 24))) as learners:
        await asyncio.gather(*(_wander(learner, cluster, random.Random(dice.random())) for learner in learners))
        records = await asyncio.gather(*(_ended(learner) for learner in learners))
        shown = [learner.video.total_ms for learner in learners]
    for record, shown_ms in zip(records, shown, strict=True):
        assert set(reasons(record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED", "DISCONNECTED"}
        assert len(record["sessions"]) == 1
        _assert_lost_at_most(record, shown_ms, beats=WANDERINGS, transitions=3 + 2 * WANDERINGS)
    assert here.replay()[0] == 0
    assert not [line for server in cluster.servers for line in server.lines().splitlines() if "Traceback" in line]


async def _wander(learner: Learner, cluster: Cluster, dice: random.Random) -> None:
    async with Learner(dice.choice(cluster.servers), learner.account) as onlooker:
        await onlooker.sign_in()
        for _ in range(WANDERINGS):
            if dice.random() < 0.5:
                if onlooker.online:
                    await onlooker.drop()
                else:
                    onlooker.server = dice.choice(cluster.servers)
                    await onlooker.come_back()
            await learner.watch(dice.uniform(100, 1_200))
            await (learner.drop() if dice.random() < 0.5 else learner.abandon())
            learner.server = dice.choice(cluster.servers)
            await learner.come_back()
            assert learner.view and learner.view.here, learner.view
            if learner.view.phase != "studying":
                assert (learner.view.phase, learner.view.reason) == ("paused", "DISCONNECTED")
                await learner.play()


async def _status(url: str) -> int:
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as answer:
        return answer.status
