"""One whole story on a real server with a real face: consent, enrolment, login check, study, drawn and closing check."""

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom.people.rules import NOTICE_VERSION
from realtime import protocol as p
from tests.live.camera import Camera
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import BRISK, Plan, Server

# A check by a real face takes about ten seconds.
RULES = BRISK | {"drawn_from_ms": 4_000, "drawn_to_ms": 6_000, "camera_ms": 8_000, "window_ms": 30_000}
LENGTH_MS = 8_000


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the learner was told, at this instant of the server's clock."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """All that is left of it."""

    messages: list[Any]  # of the socket
    heard: list[Heard]  # the same as text, with every answer of HTTP
    asked: set[str]  # addresses
    record: dict[str, Any]
    shown_ms: float  # by the stopwatch
    journal: list[dict[str, Any]]
    secrets: list[str]
    log: str
    replay: tuple[int, str]


def plan() -> Plan:
    """For nobody in particular: the learner comes without a portrait."""
    return Plan(rules=RULES, lessons=((LENGTH_MS, 1_000),), portrait=None, real_media=True)


async def tell(server: Server, camera: Camera) -> Story:
    """Live through it."""
    async with Learner(server, camera=camera) as learner, Learner(server, "staff") as staff:
        await learner.sign_in()
        await _enrol(learner, staff)
        await learner.begin()
        await learner.open()
        await learner.play()
        await walk(learner)
        await learner.until_phase("challenged")
        await walk(learner)
        await learner.until_phase("studying")
        learner.send(p.Hidden(position_ms=learner.video.position_ms))
        learner.send(p.Shown())
        await learner.until_phase("paused")
        await learner.play()
        await learner.until(lambda: bool(learner.view and learner.view.lessons[0].finished))
        await learner.sign_out()
        await walk(learner)
        record = await learner.record()
        secrets = [*learner.secrets, *staff.secrets]
        await learner.ask("POST", "/api/logout")
        await learner.until(lambda: not learner.online)
    return Story(
        messages=learner.messages,
        heard=_heard(learner),
        asked={path for _, path, _, _ in learner.answered},
        record=record,
        shown_ms=learner.video.total_ms,
        journal=journal_of(server.folder / "classroom.sqlite3"),
        secrets=secrets,
        log=server.lines(),
        replay=server.replay(),
    )


async def _enrol(learner: Learner, staff: Learner) -> None:
    """PIPL 29: consent first; the portrait is taken live; the institution confirms it before anything counts."""
    await learner.ask("GET", "/api/notice")
    await learner.enter()
    learner.send(p.Rehearse(purpose="enrol"))
    await learner.until(lambda: any(no.code == "CONSENT_NEEDED" for no in learner.of(p.Refused)))
    assert (await learner.ask("POST", "/api/consent", {"version": NOTICE_VERSION}))[0] == 200
    learner.send(p.Rehearse(purpose="enrol"))
    await learner.until(lambda: bool(learner.of(p.CheckEnded)), 60)
    assert learner.of(p.CheckEnded)[0].outcome == "passed", learner.of(p.CheckEnded)
    await learner.until(lambda: bool(learner.view and learner.view.portrait == "pending"))
    learner.send(p.Begin())
    await learner.until(lambda: any(no.code == "PORTRAIT_NEEDED" for no in learner.of(p.Refused)))
    await staff.sign_in()
    _, [waiting] = await staff.ask("GET", "/api/staff/portraits")
    assert (await staff.ask("POST", f"/api/staff/portraits/{waiting['learner_id']}/confirm"))[0] == 204
    await learner.until(lambda: bool(learner.view and learner.view.portrait == "active"))


async def walk(learner: Learner) -> None:
    """Ask every address of the API that can be asked."""
    _, described = await learner.ask("GET", "/api/openapi.json")
    for path, methods in described["paths"].items():
        if "get" in methods:
            await learner.ask("GET", path.replace("{class_id}", CLASS))
    await learner.ask("GET", "/healthz")
    if learner.opened is not None:
        await learner.ask("GET", learner.opened.master_url)


def _heard(learner: Learner) -> list[Heard]:
    assert learner.welcome is not None
    welcomed = next(at for at, text in learner.heard if '"type":"welcome"' in text)
    offset_ms = learner.welcome.now_ms - welcomed * 1000
    told = [(at, text) for at, text in learner.heard] + [(at, text) for at, _, _, text in learner.answered]
    return [Heard(round(at * 1000 + offset_ms), text) for at, text in sorted(told)]


def journal_of(database: Path) -> list[dict[str, Any]]:
    """The events of the journal as they are stored, the roll's left out."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT payload FROM journal ORDER BY attendance_id, seq").fetchall()
    return [payload["event"] for payload in (json.loads(text) for (text,) in rows) if "event" in payload]


def told(server: Server, camera: Camera) -> Story:
    """``tell`` for a fixture without a loop."""
    return asyncio.run(tell(server, camera))
