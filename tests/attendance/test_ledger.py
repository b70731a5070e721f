"""Events as text, the links of the journal, and one attendance in memory."""

import dataclasses

import hypothesis.strategies as st
import pytest
from hypothesis import given

from classroom.attendance import codec
from classroom.attendance.chain import GENESIS, row_hash, seal, sealed
from classroom.attendance.codec import Unreadable, decode, encode
from classroom.attendance.events import (
    AttendanceOpened,
    Cause,
    Continued,
    Event,
    Interacted,
    SessionOffered,
    Ticked,
    Way,
)
from classroom.attendance.ledger import ChainBroken, Ledger, events_of, fold, verify_links
from classroom.attendance.rules import Rules
from classroom.attendance.store import Row
from tests.attendance.desk import NINE, Desk
from tests.attendance.effort import effort

SAMPLES: dict[object, object] = {
    int: 7,
    int | None: None,
    str: "text",
    str | None: None,
    bool: True,
    Rules: Rules(tries=2, reactions=(("window_blurred", "flag"),)),
    tuple[tuple[str, int], ...]: (("L1", 5), ("L2", 6)),
    tuple[tuple[str, int, int], ...]: (("L1", 5, 6),),
    Cause: "BUSY",
    Way | None: "asked",
}


@pytest.mark.parametrize("kind", sorted(codec._KINDS.values(), key=lambda kind: kind.__name__))
def test_every_event_can_be_written_and_read_again(kind: type[Event]) -> None:
    event = kind(*(SAMPLES[one.type] for one in dataclasses.fields(kind)))

    assert decode(encode(event)) == (None, event)
    before = Continued(1, 2, 3, 4, 5, 6)
    assert decode(encode(event, before)) == (before, event)


def test_the_text_of_an_event_is_canonical() -> None:
    assert encode(Ticked(5), Continued(1, 2, 3)) == (
        '{"before":{"at":1,"contact_at":2,"delivered_to_ms":0,"interacted_at":3,"kind":"Continued","last_at":null,'
        '"position_ms":0},"event":{"at":5,"kind":"Ticked"}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "7", "{}", '{"event":"abc","before":null}', '{"event":{"kind":"Nothing"},"before":null}',
        '{"event":{"kind":"Ticked"},"before":null}', '{"event":{"kind":"Ticked","at":"x"},"before":null}',
        '{"event":{"at":5},"before":null}', '{"event":{"at":5,"kind":"Ticked"},"before":{"at":4,"kind":"Ticked"}}',
        '{"event":{"at":5,"kind":"Ticked"},"before":7}',
    ],
)  # fmt: skip
def test_what_is_no_event_cannot_be_read(text: str) -> None:
    with pytest.raises(Unreadable):
        decode(text)


def test_rules_that_the_law_forbids_are_not_read_either() -> None:
    text = encode(SessionOffered(1, "s", Rules(), 0, "d")).replace('"interval_ms":900000', '"interval_ms":900001')

    with pytest.raises(Unreadable):
        decode(text)


# ------------------------------------------------------------------ links and seals


@effort()
@given(
    one=st.tuples(st.text(), st.text(), st.integers(0, 9), st.integers(), st.text()),
    other=st.tuples(st.text(), st.text(), st.integers(0, 9), st.integers(), st.text()),
)
def test_a_link_holds_every_column_and_none_flows_into_the_next(
    one: tuple[str, str, int, int, str], other: tuple[str, str, int, int, str]
) -> None:
    assert (row_hash(*one) == row_hash(*other)) == (one == other)


def test_a_seal_fits_its_own_parts_and_key_only() -> None:
    mac = seal("key", "head", "a", 1, "h")

    assert sealed(mac, "key", "head", "a", 1, "h")
    assert not sealed(mac, "other", "head", "a", 1, "h")
    assert not sealed(mac, "key", "checkpoint", "a", 1, "h")
    assert not sealed(mac, "key", "head", "a", 1, "hh")
    assert not sealed("", "key", "head", "a", 1, "h")


def journal() -> list[Row]:
    desk = Desk().studies(0).watches(20)
    desk.pauses(20, 20)
    return desk.ledger.take().rows


@pytest.mark.parametrize("change", ["payload", "at", "hash", "gone", "moved", "added"])
def test_a_changed_journal_is_broken_at_the_row_that_was_changed(change: str) -> None:
    rows = journal()
    verify_links("a" * 32, rows)
    third = rows[2]
    match change:
        case "gone":
            del rows[2]
        case "moved":
            rows[2], rows[3] = rows[3], rows[2]
        case "added":
            rows.insert(2, dataclasses.replace(rows[1], seq=3))
        case _:
            rows[2] = dataclasses.replace(third, **{change: third.at + 1 if change == "at" else "x"})

    with pytest.raises(ChainBroken) as broken:
        fold("a" * 32, rows)

    assert broken.value.seq == 3
    assert broken.value.attendance == "a" * 32


def test_the_journal_of_one_attendance_is_not_anothers() -> None:
    with pytest.raises(ChainBroken) as broken:
        verify_links("b" * 32, journal())

    assert broken.value.seq == 1


def test_a_row_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ChainBroken, match="row 1: unreadable"):
        events_of("a", [Row(1, 5, "{}", row_hash(GENESIS, "a", 1, 5, "{}"))])


# ------------------------------------------------------------------ in memory


def test_quiet_reports_stand_before_the_next_row_once() -> None:
    """docs/adr/0002."""
    desk = Desk().studies(0).watches(20)
    desk.pauses(21, 21)
    desk.plays(30)

    written = [decode(row.payload) for row in desk.ledger.take().rows]

    assert [(type(event).__name__, before is not None) for before, event in written][-4:] == [
        ("Played", False),
        ("DrawTaken", False),
        ("Paused", True),
        ("Played", False),
    ]


def test_what_is_taken_is_taken_once() -> None:
    desk = Desk().studies(0).watches(20)
    assert desk.ledger.has_rows

    first, second = desk.ledger.take(), desk.ledger.take()

    assert (first.head_before, second.head_before, second.rows) == (0, len(first.rows), [])
    assert first.checkpoint == second.checkpoint is not None
    assert (first.live, first.due_at) == (True, desk.at(35))


def test_an_event_that_waited_is_dated_when_it_is_handled() -> None:
    """A message whose delivery had to be looked up first may be handled after a later one: time never runs back."""
    desk = Desk().studies(0).watches(20)
    desk.pauses(21, 21)

    desk.plays(20.5, 21)
    desk.pauses(22, 22)

    rows = desk.ledger.take().rows
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert (desk.settled(22).total_ms, desk.state.held_ms) == (22_000, 22_000)


def test_a_ledger_goes_on_where_its_checkpoint_was() -> None:
    desk = Desk().studies(0).watches(20)
    save = desk.ledger.take()

    again = Ledger("a" * 32, 2, save.rows, save.checkpoint)

    assert (again.state, again.latest_at, again.epoch) == (desk.state, desk.at(20), 2)
    again.apply(Interacted(desk.at(22)))
    desk.do(Interacted(desk.at(22)))
    assert again.state == desk.state
    assert again.take().checkpoint == desk.ledger.take().checkpoint


def test_an_attendance_of_no_rows_has_just_begun() -> None:
    ledger = Ledger("a", 1, [], None)

    assert (ledger.latest_at, ledger.has_rows, ledger.due_at) == (0, False, None)
    ledger.apply(AttendanceOpened(NINE, ()))
    assert ledger.has_rows
