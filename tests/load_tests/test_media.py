"""The bench of what judging costs: real checks, every one passed, counted beside the bare loop."""

import io
import json
import sys

import pytest

from load_tests import media


def test_frames_are_what_the_media_process_says_at_the_end_of_its_checks() -> None:
    lines = (
        b'{"event": "A check ended.", "judged": 90}\n'
        b'{"event": "Ready.", "judged": 7}\n'
        b"Traceback of a library\n"
        b'{"event": "A check ended.", "judged": 12}\n'
    )
    assert media.frames_judged(io.BytesIO(lines)) == 102


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_real_check_is_counted_beside_the_bare_loop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["media", "--checks", "1", "--at-once", "1", "--frames", "60"])
    assert media.main() == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["frames"] >= 50  # five seconds at the least, ten a second
    assert 0 < told["share_of_the_loop"] < 1.5
    assert told["cpu_s_a_check"] > 0
