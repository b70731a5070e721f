"""Brings the notices of one process to the others, and asks them where a notice is a question."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

from classroom import notices
from classroom.people import faces, web_sessions
from realtime.cluster.messages import Handled, Notice
from realtime.cluster.peers import Peers

AT_ONCE = 500
ASK_S = 2.0  # then whoever didn't answer is taken to have done nothing


@dataclass(slots=True)
class _Question:
    waiting: set[str]  # the processes that haven't answered
    handled: set[str] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Carrier:
    """What is committed is told at least to whoever can be reached; nothing that the law counts depends on it."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._questions: dict[str, _Question] = {}

    async def carry(self, topic: str, fields: dict[str, Any]) -> None:
        """Published here: tell the others; a notice with ``handled`` waits for what they did."""
        plain = {name: value for name, value in fields.items() if isinstance(value, str)}
        others = self._peers.others
        if "handled" not in fields or not others:
            self._peers.send_all(Notice(topic, plain, None))
            return
        ask, question = uuid.uuid4().hex, _Question(others)
        self._questions[ask] = question
        try:
            self._peers.send_all(Notice(topic, plain, ask))
            async with asyncio.timeout(ASK_S):
                await question.answered.wait()
        except TimeoutError:
            pass
        finally:
            del self._questions[ask]
        fields["handled"] |= question.handled

    async def deliver(self, peer: str, notice: Notice) -> None:
        """Published by another process."""
        if notice.ask is None:
            await notices.deliver(notice.topic, **notice.fields)
            return
        handled: set[str] = set()
        await notices.deliver(notice.topic, **notice.fields, handled=handled)
        self._peers.send(peer, Handled(notice.ask, sorted(handled)))

    async def catch_up(self, learners: set[str], sessions: dict[str, str]) -> None:
        """What may have been published while nobody could be reached: ended sessions, withdrawn consent, portraits."""
        every = list(sessions)
        for some in [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]:
            for session in await web_sessions.sessions_ended(some):
                await notices.deliver("session_ended", account_id=sessions[session], session=session)
        for learner_id in learners:
            consent = await faces.consent_of(learner_id)
            topic = "portrait" if consent is not None else "consent_withdrawn"
            await notices.deliver(topic, learner_id=learner_id)

    def handled(self, peer: str, answer: Handled) -> None:
        """One has answered."""
        question = self._questions.get(answer.ask)
        if question is not None:
            question.handled.update(answer.handled)
            question.waiting.discard(peer)
            if not question.waiting:
                question.answered.set()
