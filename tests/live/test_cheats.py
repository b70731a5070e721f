"""Cheats over the real socket and real HTTP: none ends with a counted second that no confirming check stands behind.

The list is regulation.md 2.2's and issue 2's. The media plane is a stand-in: what a camera shows is not the matter here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count

import msgspec
import pytest
import pytest_asyncio

from realtime import protocol as p
from tests.live.camera import Told
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import CONFIRMING, assert_sound, counted_ms, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan, Server
from verify.protocol import Passed

pytestmark = pytest.mark.slow

LENGTH_MS = 20_000
_numbers = count()

Arrives = Callable[..., "asyncio.Future[Learner]"]


@pytest.fixture(scope="module")
def server(open_server: Open) -> Iterator[Server]:
    server = open_server(Plan(lessons=((LENGTH_MS, 1_000),), learners=20))
    yield server
    status, said = server.replay()  # of all of them
    assert status == 0, said


@pytest_asyncio.fixture
async def arrives(server: Server) -> AsyncIterator[Callable[..., object]]:
    """Somebody signs in and enters the classroom: a person of their own, unless named."""
    async with AsyncExitStack() as stack:

        async def one(account: str | None = None) -> Learner:
            learner = Learner(server, account or f"learner-{next(_numbers)}")
            await stack.enter_async_context(learner)
            await learner.sign_in()
            return await learner.enter()

        yield one


async def test_a_forged_position_earns_no_more_than_the_time_that_passed(arrives: Arrives) -> None:
    """regulation.md 2.2: one message with currentTime=totalTime completes a video elsewhere."""
    cheat = await arrives()
    cheat.obeys = False
    await cheat.begin()
    await cheat.open()
    started = asyncio.get_running_loop().time()

    cheat.send(p.Play(position_ms=0))
    for _ in range(2):
        cheat.send(p.Beat(position_ms=LENGTH_MS, playing=True, interacted=True))
    await cheat.until(lambda: bool(cheat.of(p.Seek)))
    cheat.send(p.Play(position_ms=LENGTH_MS))
    cheat.send(p.Play(position_ms=0))
    cheat.send(p.Pause(position_ms=LENGTH_MS))
    cheat.send(p.Play(position_ms=0))
    cheat.send(p.Hidden(position_ms=LENGTH_MS))
    cheat.send(p.Play(position_ms=0))
    cheat.send(p.SignOut(position_ms=LENGTH_MS))
    await cheat.until_phase("signed_out")
    passed_ms = (asyncio.get_running_loop().time() - started) * 1000

    record = await cheat.record()
    assert_sound(record)
    assert counted_ms(record) == 0
    assert earned_ms(record) <= passed_ms
    assert not record["lessons"][0]["finished"]
    assert {seek.reason for seek in cheat.of(p.Seek)} == {"AHEAD"}


async def test_a_forged_position_in_an_acknowledgement_counts_no_more_than_the_time_that_passed(
    arrives: Arrives,
) -> None:
    """The acknowledgement settles what was watched before the push: by the server's clock, whatever it says."""
    cheat = await arrives()
    cheat.obeys = cheat.acknowledges = False
    await cheat.begin()
    await cheat.open()
    started = asyncio.get_running_loop().time()
    cheat.video.start()
    cheat.send(p.Play(position_ms=0))
    await cheat.until_phase("challenged")
    passed_ms = (asyncio.get_running_loop().time() - started) * 1000
    assert cheat.check
    cheat.send(p.CheckAck(check_id=cheat.check.check_id, position_ms=LENGTH_MS))
    await cheat.until(lambda: any(ended.kind == "drawn" for ended in cheat.of(p.CheckEnded)))
    cheat.send(p.SignOut(position_ms=LENGTH_MS))
    await cheat.until_phase("signed_out")

    record = await cheat.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "passed")]
    assert counted_ms(record) == earned_ms(record) <= passed_ms


async def test_fifteen_times_the_speed_earns_no_more_than_the_time_that_passed(arrives: Arrives) -> None:
    """regulation.md 2.2: muted playback at many times the speed, its warnings hidden; every check is passed here."""
    cheat = await arrives()
    cheat.obeys = False
    await cheat.begin()
    await cheat.open()
    started = asyncio.get_running_loop().time()
    cheat.video.speed = 15.0
    for _ in range(2):
        cheat.video.jump(0)
        cheat.video.start()
        cheat.send(p.Play(position_ms=0))
        await cheat.watch(LENGTH_MS - 500)
    cheat.beat()
    await cheat.until(lambda: bool(cheat.of(p.Seek)))
    await cheat.sign_out()
    passed_ms = (asyncio.get_running_loop().time() - started) * 1000

    record = await cheat.record()
    assert_sound(record)
    assert earned_ms(record) <= passed_ms
    assert not record["lessons"][0]["finished"]


async def test_whoever_fetches_no_media_earns_nothing_though_every_check_is_passed(arrives: Arrives) -> None:
    """Rule 2: a segment counts only once it was served to this session."""
    cheat = await arrives()
    cheat.fetches = False
    await cheat.begin()
    await cheat.open()
    cheat.video.buffer(LENGTH_MS)  # the positions it reports look honest
    await cheat.play()
    await cheat.until(lambda: any(ended.kind == "drawn" for ended in cheat.of(p.CheckEnded)))
    await cheat.sign_out()

    record = await cheat.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "passed")]
    assert earned_ms(record) == 0
    assert reasons(record)["NOT_DELIVERED"] >= BRISK["drawn_from_ms"] - 100


async def test_a_page_that_never_says_hidden_loses_what_it_held_when_nobody_answers(arrives: Arrives) -> None:
    """Row 10: the page plays on in the background and reports; nobody is there to be checked."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    cheat.camera = Told("nobody")
    await cheat.play()
    await cheat.until_phase("challenged")
    held_ms = cheat.view.held_ms if cheat.view else 0
    view = await cheat.until_phase("signed_out")

    record = await cheat.record()
    assert_sound(record)
    assert (view.reason, view.last_outcome) == ("CHECK_MISSED", "missed")
    assert held_ms >= 500
    assert earned_ms(record) == 0
    assert reasons(record)["VERIFICATION_MISSED"] == view.last_cost_ms >= held_ms


async def test_a_swallowed_challenge_earns_nothing_and_ends_as_missed(arrives: Arrives) -> None:
    """regulation.md 2.2: elsewhere the request of the check is blocked and progress goes on."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    cheat.obeys = cheat.acknowledges = cheat.answers = False
    await cheat.play()
    await cheat.until_phase("challenged")
    await cheat.until_phase("signed_out")

    record = await cheat.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "missed")]
    assert earned_ms(record) == 0


async def test_whoever_leaves_when_pushed_is_believed_twice_a_day_and_confirmed_never(arrives: Arrives) -> None:
    """Rule 7: a push that no page acknowledged is DISCONNECTED twice a day; its moment is known then, and confirms nothing."""
    cheat = await arrives()
    cheat.leaves_at = frozenset({"drawn"})
    await cheat.begin()
    await cheat.open()
    held_ms = 0
    for _ in range(3):
        await cheat.play()
        await cheat.until(lambda: not cheat.online)
        await cheat.come_back()
        assert cheat.view
        if cheat.view.phase != "signed_out":
            assert (cheat.view.phase, cheat.view.reason) == ("paused", "DISCONNECTED")
            assert cheat.view.held_ms > held_ms
            held_ms = cheat.view.held_ms
    assert (cheat.view.phase, cheat.view.reason) == ("signed_out", "CHECK_MISSED")

    record = await cheat.record()
    assert_sound(record)
    assert outcomes(record) == [
        ("login", "passed"),
        ("drawn", "device_error"),
        ("resume", "passed"),
        ("drawn", "device_error"),
        ("resume", "passed"),
        ("drawn", "missed"),
    ]
    assert earned_ms(record) == 0


async def test_signing_out_before_the_drawn_moment_again_and_again_confirms_nothing(arrives: Arrives) -> None:
    """Rule 5: the real person logs in each time, somebody else watches; the drawn moment survives the sign-out."""
    cheat = await arrives()
    for _ in range(4):
        cheat.answers = True
        await cheat.begin()
        cheat.answers = False
        await cheat.open()
        await cheat.play()
        await _first(cheat.until_phase("challenged"), cheat.watch(0.9 * BRISK["drawn_from_ms"]))
        if cheat.view and cheat.view.phase == "challenged":
            await cheat.until_phase("signed_out")
        else:
            await cheat.sign_out()

    record = await cheat.record()
    assert_sound(record)
    assert ("drawn", "missed") in outcomes(record)
    assert ("drawn", "passed") not in outcomes(record)
    assert counted_ms(record) == 0


async def test_a_takeover_while_challenged_is_a_missed_check(arrives: Arrives) -> None:
    """Rule 9."""
    cheat = await arrives()
    await cheat.begin()
    await cheat.open()
    cheat.answers = False
    await cheat.play()
    await cheat.until_phase("challenged")
    other = await arrives(cheat.account)
    assert other.view and other.view.elsewhere
    other.send(p.Begin())
    await other.until(lambda: other.view is not None and other.view.here and other.view.phase == "browsing")
    await cheat.until(lambda: cheat.view is not None and not cheat.view.here)

    record = await other.record()
    assert_sound(record)
    assert [(one["kind"], one["outcome"], one["reason"]) for one in record["checks"]] == [
        ("login", "passed", None),
        ("drawn", "missed", "TAKEN_OVER"),
        ("login", "passed", None),
    ]
    assert earned_ms(record) == 0
    assert [session["ended_reason"] for session in record["sessions"]] == ["CHECK_MISSED", None]


async def test_media_fetched_by_a_ticket_that_is_not_this_sessions_earns_nothing(arrives: Arrives) -> None:
    """Rule 2: the address is signed for one learner in one session."""
    honest, cheat = await arrives(), await arrives()
    for learner in (honest, cheat):
        await learner.begin()
    await honest.open()
    assert honest.opened
    segment = honest.opened.master_url.replace("master.m3u8", "smooth/0.m4s")
    ticket = segment.split("/")[2]
    forged = segment.replace(ticket, ("B" if ticket[0] == "A" else "A") + ticket[1:])

    assert (await honest.fetch(segment))[0] == 200
    assert (await cheat.fetch(segment))[0] == 403
    assert (await honest.fetch(forged))[0] == 403
    assert (await honest.fetch(segment.replace("lesson-1", "lesson-2")))[0] in (403, 404)
    async with Learner(honest.server) as stranger:
        assert (await stranger.fetch(segment))[0] == 401

    await honest.sign_out()
    honest.fetches = False
    await honest.begin()
    await honest.open()
    assert (await honest.fetch(segment))[0] == 200  # noted for the session that it was signed for
    honest.video.buffer(LENGTH_MS)
    await honest.play()
    await honest.watch(1_000)
    await honest.sign_out()

    record = await honest.record()
    assert_sound(record)
    assert earned_ms(record) == 0
    assert reasons(record)["NOT_DELIVERED"] > 0


async def test_nobody_elses_page_can_answer_a_check(arrives: Arrives) -> None:
    """A check is bound to the page that holds the session: not to another learner's, not to a second one of one's own."""
    watcher, helper = await arrives(), await arrives()
    second = await arrives(watcher.account)
    await watcher.begin()
    await helper.begin()
    await watcher.open()
    watcher.answers = False
    await watcher.play()
    await watcher.until_phase("challenged")
    assert watcher.check
    for page in (helper, second):
        page.send(p.CheckAck(check_id=watcher.check.check_id))
        page.send(p.CheckOffer(check_id=watcher.check.check_id, sdp="passes"))
    await second.until(lambda: any(no.code == "NOT_HERE" for no in second.of(p.Refused)))
    await watcher.until_phase("signed_out")

    record = await watcher.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "missed")]
    assert earned_ms(record) == 0
    assert outcomes(await helper.record()) == [("login", "passed")]
    assert not helper.of(p.CheckAnswer)[1:] and not second.of(p.CheckAnswer)


async def test_another_learners_certificate_of_a_check_is_no_message_of_a_page(arrives: Arrives) -> None:
    """What says that a check was passed goes from the media plane to the seat; out of a page it is a word nobody knows."""
    honest, thief = await arrives(), await arrives()
    await honest.begin()
    await thief.begin()
    for one in (honest, thief):
        await one.open()
        one.answers = one is honest
        await one.play()
    await honest.until(lambda: any((one.kind, one.outcome) == ("drawn", "passed") for one in honest.of(p.CheckEnded)))
    await thief.until_phase("challenged")
    assert thief.check
    [passed] = [one for one in honest.of(p.CheckEnded) if one.kind == "drawn"][:1]
    for certificate in (passed, msgspec.structs.replace(passed, check_id=thief.check.check_id)):
        thief.send_text(msgspec.json.encode(certificate).decode())
    verdict = Passed(evidence_jpeg=b"\xff\xd8", embedding=[0.0] * 128, score=0.99, threshold=0.45, model="sface")
    thief.send_text(msgspec.json.encode(verdict).decode())
    await thief.until(lambda: [no.code for no in thief.of(p.Refused)].count("UNKNOWN_TYPE") == 3)
    await thief.until_phase("signed_out")

    record = await thief.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "missed")]
    assert counted_ms(record) == 0


async def test_a_stolen_seat_token_opens_nobody_elses_seat(arrives: Arrives) -> None:
    """The token tells one's own pages apart; whose seat it is, the cookie says."""
    watcher, thief = await arrives(), await arrives()
    await watcher.begin()
    await thief.leave()
    thief._token = watcher._token
    await thief.enter()

    assert thief.view and not thief.view.here and not thief.view.elsewhere
    assert thief.view.session_id is None
    assert watcher.online


class Dodger(Learner):
    """Answers every check but those that could confirm; until it shows itself."""

    dodges = True

    def _challenge(self, check: p.CheckView) -> None:
        self.answers = not (self.dodges and check.kind in CONFIRMING)
        super()._challenge(check)


async def test_held_time_gathered_by_crashing_each_check_has_a_bound_and_counts_by_one_drawn_check_only(
    open_server: Open,
) -> None:
    """Rules 3 and 7: a crash of ours is no strike, so it mustn't gather more than one check confirms."""
    most_ms = 3_000
    server = open_server(Plan(rules=BRISK | {"held_most_ms": most_ms}, lessons=((60_000, 1_000),)))
    async with Dodger(server, "learner-0") as cheat:
        await (await cheat.sign_in()).enter()
        await cheat.begin()
        for _ in range(5):
            await cheat.open()
            await cheat.play()
            await cheat.until(lambda: cheat.check is not None and cheat.check.kind in CONFIRMING)
            server.kill()  # whatever the cheat may have found to crash us with
            await cheat.until(lambda: not cheat.online)
            cheat.check = None
            server.start()
            await cheat.come_back()
        held_ms = [view.held_ms for view in cheat.of(p.View)] + [beaten.held_ms for beaten in cheat.of(p.Beaten)]
        before = await cheat.record()
        cheat.dodges = False
        await cheat.open()
        await cheat.play()
        await cheat.until(lambda: ("drawn", "passed") in [(one.kind, one.outcome) for one in cheat.of(p.CheckEnded)])
        await cheat.sign_out()
        record = await cheat.record()

    assert_sound(before)
    assert_sound(record)
    assert [one for one in outcomes(before) if one[0] in CONFIRMING] == [("drawn", "device_error")] * 5
    assert counted_ms(before) == 0
    assert most_ms - BRISK["heartbeat_ms"] <= max(held_ms) <= most_ms  # the bound was reached
    assert earned_ms(before) <= most_ms
    assert earned_ms(before) <= counted_ms(record) <= most_ms
    assert record["lessons"][0]["counted_to_ms"] == counted_ms(record)
    assert server.replay()[0] == 0


async def _first(*works: object) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
