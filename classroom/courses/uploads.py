"""Keeps files that arrive in parts: how far one came is how long it is on the disk."""

import errno
import fcntl
import os
import shutil
from pathlib import Path

import settings
from classroom.courses.rules import DiskFull, WrongOffset

CHUNK_BYTES = 1 << 20  # of one request
SPARE_BYTES = 1 << 30  # stays free for everything else
_ROOM = 3  # times the file: what is made of it, and the file itself


def workplace(courseware_id: str) -> Path:
    """Where everything of one file lies until it is a lesson; no address of ours leads there."""
    return settings.MEDIA_ROOT / ".courseware" / courseware_id


def source_of(courseware_id: str) -> Path:
    """The file itself."""
    return workplace(courseware_id) / "source"


def check_room(size_bytes: int) -> None:
    """Raises DiskFull before a byte is sent for nothing."""
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.MEDIA_ROOT).free < _ROOM * size_bytes + SPARE_BYTES:
        raise DiskFull


def received_bytes(courseware_id: str) -> int:
    """How much of it is here."""
    try:
        return source_of(courseware_id).stat().st_size
    except FileNotFoundError:
        return 0


def append(courseware_id: str, offset: int, content: bytes, size_bytes: int) -> int:
    """Add a part where the file ends; the answer is how much is here. Raises WrongOffset, DiskFull.

    Of two who send at once one is told that it is too late: the part that is there is never written over.
    """
    file = source_of(courseware_id)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        here = os.fstat(descriptor).st_size
        if offset != here or here + len(content) > size_bytes:
            raise WrongOffset
        try:
            _write(descriptor, content, here)
        except OSError as error:
            os.ftruncate(descriptor, here)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull from None
            raise
        return here + len(content)
    finally:
        os.close(descriptor)


def settle(courseware_id: str) -> None:
    """The whole file survives a power cut from here on."""
    descriptor = os.open(source_of(courseware_id), os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear(courseware_id: str) -> None:
    """The file and whatever was half made of it go."""
    shutil.rmtree(workplace(courseware_id), ignore_errors=True)


def _write(descriptor: int, content: bytes, at: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
