"""A class as its walls see it: whatever happens, who follows the deltas knows what a fresh snapshot says."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.attendance.standing import Standing
from realtime.wall.board import KEPT_DELTAS, Board
from tests.realtime.wall.wall_page import WallPage

PEOPLE = [(f"learner-{n}", f"学员{n}") for n in range(4)]
BLANK = Standing(1, 1, 0, 0, "browsing", None, 0, False, None, None, 0, 0, 0, 0, None, None, None, None, None, ())


def standing(order: tuple[int, int, int], **fields: Any) -> Standing:
    epoch, seq, as_of = order
    return msgspec.structs.replace(BLANK, epoch=epoch, seq=seq, as_of=as_of, **fields)


def full_board() -> Board:
    board = Board("class-1")
    board.enter(PEOPLE)
    board.flush(0)
    return board


def fresh(board: Board) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(row) for row in board.snapshot(0).rows]


said = st.tuples(
    st.sampled_from([learner for learner, _ in PEOPLE]),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 9)),
    st.fixed_dictionaries(
        {
            "phase": st.sampled_from(["studying", "paused", "challenged"]),
            "held_ms": st.integers(0, 5),
            "position_ms": st.integers(0, 5),
            "counted_ms": st.integers(0, 1),
        }
    ),
    st.sampled_from(["process-1", "process-2"]),
    st.booleans(),
)
act = st.one_of(
    said.map(lambda one: ("said", one)),
    st.sampled_from([("flush", None), ("lost", "process-1"), ("let go", "process-2"), ("page", None)]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(act, max_size=60))
def test_a_snapshot_and_its_deltas_are_a_fresh_snapshot(acts: list[tuple[str, Any]]) -> None:
    """Whoever looked in the middle, whatever came late, twice, or from a process that was lost."""
    board = full_board()
    pages = [WallPage()]
    for kind, what in acts:
        match kind:
            case "said":
                learner, order, fields, source, quiet = what
                board.take(learner, standing(order, **fields), source, quiet=quiet)
            case "flush":
                board.flush(0)
            case "lost":
                board.stale(what, 77)
            case "let go":
                board.take("learner-0", None, what, quiet=False)
            case _:
                pages.append(WallPage())
        for page in pages:
            since = page.since.get("class-1")
            texts, _ = board.since(since.board if since else "", since.version if since else 0, 0)
            for text in texts:
                page.hear(text)
    board.flush(0)
    for page in pages:
        since = page.since.get("class-1")
        for text in board.since(since.board if since else "", since.version if since else 0, 0)[0]:
            page.hear(text)
        assert page.all("class-1") == fresh(board)


def test_a_heartbeat_is_a_tick_and_the_newest_of_a_learner_wins() -> None:
    """200 heartbeats a second of a thousand learners must not send 200 whole rows."""
    board = full_board()
    board.take("learner-1", standing((1, 1, 10), phase="studying"), "process-1", quiet=False)
    board.flush(10)
    version = board.version
    for at in (15, 20):
        stalled = standing((1, 1, at), phase="studying", position_ms=at, not_counted_ms=at - 15)  # by milliseconds
        board.take("learner-1", stalled, "process-1", quiet=True)
    board.flush(20)

    [delta] = board.since(board.id, version, 20)[0]

    assert msgspec.json.decode(delta)["ticks"] == [[1, 20, 20, 0, 5]]
    assert msgspec.json.decode(delta)["rows"] == []


def test_what_an_owner_of_before_says_late_changes_nothing() -> None:
    """The seat went to another process; the higher epoch is the truth."""
    board = full_board()
    board.take("learner-1", standing((2, 5, 50), phase="paused"), "process-2", quiet=False)

    assert not board.take("learner-1", standing((1, 9, 90), phase="studying"), "process-1", quiet=False)
    assert fresh(board)[1]["phase"] == "paused"


def test_a_row_whose_process_is_lost_says_since_when_until_another_has_it() -> None:
    """Nothing stale is shown without its age."""
    board = full_board()
    board.take("learner-1", standing((1, 1, 10), phase="studying"), "process-1", quiet=False)
    board.stale("process-1", 15)
    assert fresh(board)[1]["stale_since_ms"] == 15

    board.take("learner-1", standing((2, 2, 20), phase="paused"), "process-2", quiet=False)

    assert fresh(board)[1]["stale_since_ms"] is None


def test_who_was_away_for_too_long_gets_the_class_whole() -> None:
    """The deltas that are kept are few; a page that knows less than they say is given a snapshot."""
    board = full_board()
    version = board.version
    for at in range(KEPT_DELTAS + 1):
        board.take("learner-1", standing((1, 1, at), phase="studying"), "process-1", quiet=False)
        board.flush(at)

    [text] = board.since(board.id, version, 0)[0]
    assert msgspec.json.decode(text)["type"] == "wall_class"
    assert len(board.since(board.id, version + 1, 0)[0]) == KEPT_DELTAS
