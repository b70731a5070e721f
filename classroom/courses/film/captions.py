"""Reads a WebVTT file of captions and writes it anew with nothing in it but times and words."""

import re

LARGEST_BYTES = 512 * 1024
_CUES_AT_MOST = 20_000
_LINE_AT_MOST = 500
_TIME = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMING = re.compile(rf"^\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?$")
_TAG = re.compile(r"<[^>]*>")


class CaptionsRefused(Exception):
    """These captions aren't WebVTT, or don't fit the film; ``line`` says where."""

    code = "BAD_CAPTIONS"

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def clean_captions(content: bytes, length_ms: int | None = None) -> str:
    """The same captions: cues in order, inside the film, words without tags, styles or settings. Raises CaptionsRefused."""
    if len(content) > LARGEST_BYTES:
        raise CaptionsRefused(0)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaptionsRefused(0) from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise CaptionsRefused(1)
    cues: list[str] = []
    number, earliest = 1, 0
    while number < len(lines):
        found = _TIMING.match(lines[number])
        number += 1
        if "-->" in lines[number - 1] and found is None:
            raise CaptionsRefused(number)
        if found is None:
            continue  # a cue's name, a NOTE, a STYLE: none of these is shown
        since, until = _ms(found.groups()[:4]), _ms(found.groups()[4:])
        if not earliest <= since < until or (length_ms is not None and since >= length_ms):
            raise CaptionsRefused(number)
        earliest = since
        words = []
        while number < len(lines) and lines[number].strip():
            if "-->" in lines[number]:
                raise CaptionsRefused(number + 1)
            words.append(_words(lines[number]))
            number += 1
        cues.append(f"{timestamp(since)} --> {timestamp(until)}\n" + "\n".join(one for one in words if one))
        if len(cues) > _CUES_AT_MOST:
            raise CaptionsRefused(number)
    if not cues:
        raise CaptionsRefused(len(lines))
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def timestamp(at_ms: int) -> str:
    """As WebVTT writes it."""
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


def _words(line: str) -> str:
    plain = _TAG.sub("", line).replace("<", "").replace(">", "")
    return "".join(one for one in plain if one.isprintable())[:_LINE_AT_MOST].strip()


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, ms = (int(one or 0) for one in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
