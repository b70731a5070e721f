"""Whoever runs the platform sees the alarms: the gauges beside the declared load, what stands, the kept log (row 25)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.story.browser import DESKTOP, PHONE, Person, person
from tests.story.conftest import PASSWORDS
from tests.story.server import ROOT, serving
from tests.story.test_pages import AXE, serious
from tests.story.test_story import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

OPERATOR = """
import asyncio, settings
from classroom.capacity import service
from classroom.capacity.rules import Gauge, Resource
from classroom.database import close_database, open_database
from classroom.people import passwords
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
async def main():
    await open_database(settings.DATABASE)
    await people.add_institution("platform", "平台运营中心", "440100", InstitutionKind.PLATFORM)
    encoded = await passwords.hash_password("Operator-2026-demo")
    await people.register("platform", Role.OPERATOR, "operator", "平台运维", encoded)
    alarms = service.Alarms()
    for at_ms, used in ((1_000, 80), (2_000, 10), (40_000, 10), (50_000, 75)):
        await alarms.take([Gauge(Resource.CHECKS, "", used, 100)], at_ms)
    await close_database()
asyncio.run(main())
"""


def test_an_operator_sees_gauges_alarms_and_the_log_and_nobody_else_does(
    chromium: Path, demo: Path, shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 25: an alarm stands, its end is logged, too; a page that lost the server says of when its numbers are."""
    monkeypatch.setitem(PASSWORDS, "operator", "Operator-2026-demo")
    with_operator = tmp_path / "demo"
    shutil.copytree(demo, with_operator)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    environment |= {"ANXUE_DATA": str(with_operator), "ANXUE_DEMO": "1"}
    subprocess.run([sys.executable, "-c", OPERATOR], cwd=ROOT, env=environment, check=True, timeout=60)
    with serving(with_operator, tmp_path / "data", {"memory_mib": 1}) as address:
        for name, size in (("1440", DESKTOP), ("390", PHONE)):
            with person(chromium, address, shots, None, size=size) as operator:
                sign_in(operator, "operator")
                operator.click("nav-operations")
                _looks_right(operator, name)
                if name == "390":
                    operator.driver.set_network_conditions(offline=True, latency=0, throughput=0)
                    operator.see("operations-lost", 30)
                    operator.shoot("operations-lost-390")
        with person(chromium, address, shots, None) as staff:
            sign_in(staff, "staff")
            staff.visit("/operations")
            staff.wait("their own page", lambda: "/staff" in staff.driver.current_url)
            assert staff.fetch("/api/capacity")["status"] == 403


def _looks_right(operator: Person, name: str) -> None:
    def seen() -> dict[str | None, str | None]:
        found = operator.driver.find_elements("css selector", '[data-testid="gauge"]')
        return {one.get_attribute("data-resource"): one.get_attribute("data-alarm") for one in found}

    wanted = {"learners", "checks", "cpu", "memory", "database", "disk"}
    operator.wait("the gauges of row 25", lambda: wanted <= set(seen()), 30)
    operator.wait("the alarm", lambda: seen()["memory"] == "true")  # far over what was declared
    assert "内存" in operator.see("alarms-now").text
    assert seen()["database"] == "false"
    log = operator.see("alarm-log")
    kinds = [one.text for one in log.find_elements("css selector", "tbody td:nth-child(2)")]
    assert kinds[-3:] == ["预警", "恢复", "预警"]
    operator.shoot(f"operations-{name}")
    assert not operator.script("return document.documentElement.scrollWidth > innerWidth + 1")
    if AXE.is_file():
        assert serious(operator) == []
