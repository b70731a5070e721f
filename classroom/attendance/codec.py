"""Events as text and back; what the journal and the checkpoint hold."""

import json
from dataclasses import asdict, fields
from typing import Any, get_args

import msgspec

from classroom.attendance import events
from classroom.attendance.events import Continued, Event

_KINDS: dict[str, type[Event]] = {
    name: kind
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}
EFFECTS: tuple[type, ...] = get_args(events.Effect)
_FIELDS = {kind: tuple(one.name for one in fields(kind)) for kind in _KINDS.values()}
_SCALARS = frozenset({int, str, bool, type(None)})
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


class Unreadable(ValueError):
    """A stored event that this version can't read."""


def encode(event: Event, before: Continued | None = None) -> str:
    """Canonical JSON (sorted, no blanks): the event, and the quiet reports that came before it."""
    value = {"event": _plain(event), "before": None if before is None else _plain(before)}
    return _canonical(value)


def decode(text: str) -> tuple[Continued | None, Event]:
    """The inverse of ``encode``; raises Unreadable."""
    try:
        value = msgspec.json.decode(text)
        before = None if value["before"] is None else _event(value["before"])
        event = _event(value["event"])
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(str(error)) from error
    if before is not None and not isinstance(before, Continued):
        raise Unreadable("only quiet reports may stand before an event")
    return before, event


def _plain(event: Event) -> dict[str, Any]:
    kind = type(event)
    values = {name: getattr(event, name) for name in _FIELDS[kind]}
    if not all(type(value) in _SCALARS for value in values.values()):
        values = asdict(event)  # copies deeply; a checkpoint has nothing to copy
    return {"kind": kind.__name__, **values}


def _event(value: dict[str, Any]) -> Event:
    fields = dict(value)
    return msgspec.convert(fields, type=_KINDS[fields.pop("kind")])
