"""The dashboard asks for metrics that there are."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

from realtime import metrics as told
from realtime.connection import Connections
from realtime.media import MediaPlane
from realtime.media_pool import Member
from realtime.tally import Tally
from realtime.vitals import Vitals

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "operations" / "dashboard.json"


def test_every_name_in_the_dashboard_is_told() -> None:
    member = Member("http://media", MediaPlane("http://media", "s" * 32))
    vitals = Vitals([member], SimpleNamespace(up=True))
    metrics = told.Metrics(SimpleNamespace(all=tuple), Connections(), [member], vitals, Tally())
    pool = SimpleNamespace(get_size=lambda: 3, get_idle_size=lambda: 1, get_max_size=lambda: 10)
    metrics.database = lambda: told.pool_metrics(pool)
    names = {one.name for one in metrics.collect()}
    asked = set(re.findall(r"classroom_\w+", json.dumps(json.loads(DASHBOARD.read_text())["panels"])))
    assert asked
    assert {re.sub(r"_(total|bucket)$", "", one) for one in asked} <= names
