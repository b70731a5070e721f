"""Logs are JSON lines, and a personal field logged by mistake is withheld."""

import json
import subprocess
import sys

SCRIPT = """
import logging
import structlog
from realtime import logs
logs.configure()
structlog.get_logger("ours").warning("A check ended.", check_id="c1", display_name="张三", score=0.7)
logging.getLogger("library").warning("plain %s", "text")
logging.getLogger("django.request").warning("Not Found: %s", "/media/secret-ticket/")
try:
    raise KeyError("k")
except KeyError:
    structlog.get_logger("ours").exception("It broke.")
"""


def test_every_line_is_json_with_a_sentence_a_level_and_a_time() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["A check ended.", "plain text", "It broke."]
    assert all(line["timestamp"].endswith("Z") and line["level"] for line in lines)
    assert (lines[0]["check_id"], lines[0]["display_name"], lines[0]["score"]) == ("c1", "withheld", "withheld")
    assert "KeyError" in lines[2]["exception"]
    assert "张三" not in done.stderr + done.stdout
    assert "secret-ticket" not in done.stderr
