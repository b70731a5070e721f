"""``python -m classroom.courses.film FILE FOLDER``: probe, encode; says how far it is on stdout, a JSON object a line.

It reads bytes from strangers: it knows no key and no database, may take so much memory and no more, and runs only when
nobody else wants the processor. {"stage", "share"} … then {"done": true}, {"refused": CODE} or {"failed": CODE}.
"""

import errno
import json
import os
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging

from classroom.courses.film.probe import probe
from classroom.courses.film.quality import FilmRefused, judge
from classroom.courses.film.renditions import encode_film
from classroom.courses.film.report import PICTURES, REPORT, Size, report_of, write_report
from classroom.courses.film.stills import stills
from classroom.courses.rules import RENDITIONS

MEMORY_BYTES = 3 << 30
NICENESS = 19
_PROBE_SHARE = 0.2  # of the work, about


def main(file: Path, folder: Path) -> int:
    """The whole work; ``folder`` appears with everything in it, or is removed."""
    av.logging.set_level(None)  # its lines would name what stands in the file
    _step_back()
    try:
        make(file, folder)
    except FilmRefused as refused:
        _tell(refused=refused.code.value)
    except (OSError, av.error.FFmpegError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if getattr(error, "errno", None) not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _tell(failed="DISK_FULL")
    except MemoryError:
        shutil.rmtree(folder, ignore_errors=True)
        _tell(refused="PICTURE_TOO_LARGE")
    else:
        _tell(done=True)
    return 0


def make(file: Path, folder: Path) -> None:
    """Probe, encode, report. Raises FilmRefused."""
    told = _Told()
    measures = probe(file, lambda share: told.so_far("probing", share * _PROBE_SHARE))
    faults = judge(measures)
    whole = 1 - _PROBE_SHARE
    made = encode_film(file, folder, measures, lambda share: told.so_far("encoding", _PROBE_SHARE + share * whole))
    pictures = stills(file, (one for fault in faults for one in fault.stretches), folder / PICTURES)
    sizes = tuple(Size(one.name, *size) for one, size in zip(RENDITIONS, made.sizes, strict=True))
    report = report_of(measures, faults, pictures, sizes, made.length_ms, made.segments)
    (folder / REPORT).write_text(write_report(report))


class _Told:
    """A line a thousandth, not one a picture; on a busy machine a hundredth of three hours may take minutes."""

    def __init__(self) -> None:
        self._last = ("", -1)

    def so_far(self, stage: str, share: float) -> None:
        now = (stage, int(share * 1000))
        if now != self._last:
            self._last = now
            _tell(stage=stage, share=round(share, 4))


def _step_back() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tell(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
