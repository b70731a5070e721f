"""A page that comes back over a new socket hears what it missed, and nothing twice."""

from realtime import protocol as p
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.server import Plan


async def test_a_page_that_was_away_when_its_check_was_missed_is_told_what_it_cost(open_server: Open) -> None:
    """Rule 7 and 8: who acknowledged the push and leaves has missed it; "told what happened and what it cost" isn't lost."""
    server = open_server(Plan())
    async with Learner(server) as learner:
        await learner.sign_in()
        await learner.enter()
        assert learner.welcome is not None and not learner.welcome.resumed
        stream = learner.welcome.stream
        await learner.begin()
        await learner.open()
        await learner.play()
        learner.answers = False
        await learner.until_phase("challenged")
        await learner.until(lambda: bool(learner.check and learner.view and learner.view.check.acknowledged))
        missed = learner.check.check_id
        await learner.drop()
        before = len(learner.messages)
        async with Learner(server) as other:  # waits for the end beside it, without asking the tab's stream
            await other.sign_in()
            await other.enter()
            await other.until(lambda: bool(other.view and other.view.phase == "signed_out"))
        await learner.come_back()
        assert (learner.welcome.resumed, learner.welcome.stream) == (True, stream)
        since = learner.messages[before:]
        ended = [message for message in since if isinstance(message, p.CheckEnded)]
        assert [(one.check_id, one.outcome) for one in ended] == [(missed, "missed")]
        assert ended[0].cost_ms == learner.view.last_cost_ms > 0
        assert [type(message) for message in since].index(p.CheckEnded) < [type(message) for message in since].index(
            p.View
        )

        learner._seq = learner._stream = None  # the page is loaded anew
        await learner.drop()
        before = len(learner.messages)
        await learner.come_back()
        assert not learner.welcome.resumed
        assert learner.welcome.stream != stream
        assert not [message for message in learner.messages[before:] if isinstance(message, p.CheckEnded)]
