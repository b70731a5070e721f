"""Peak and mean of a minute are those of the moments in it."""

from classroom.oversight.rules import Kept
from realtime.census.count import Count
from realtime.census.keys import Key
from realtime.census.minutes import Minutes

M = 60_000


def test_peak_and_mean_are_by_time_not_by_change() -> None:
    minutes = Minutes(10 * M)
    minutes.moved(Key("440000"), Count(4, 2, 0), 10 * M + 15_000)
    minutes.moved(Key("440000"), Count(1, 0, 0), 10 * M + 30_000)
    minutes.turn(11 * M)
    assert list(minutes.closed) == [(10, [Kept("440000||", 4, (4 * 15 + 30) / 60, 2, 0.5)])]


def test_who_stays_is_in_every_minute_and_who_has_left_in_none_after_theirs() -> None:
    minutes = Minutes(10 * M)
    minutes.moved(Key("440000"), Count(2, 0, 0), 10 * M)
    minutes.moved(Key("440100"), Count(1, 0, 0), 10 * M)
    minutes.moved(Key("440100"), Count(), 11 * M + 1)
    minutes.turn(13 * M)
    assert [(minute, {row.key: row.online_peak for row in rows}) for minute, rows in minutes.closed] == [
        (10, {"440000||": 2, "440100||": 1}),
        (11, {"440000||": 2, "440100||": 1}),
        (12, {"440000||": 2}),
    ]


def test_a_change_after_the_minutes_end_is_the_next_ones() -> None:
    minutes = Minutes(10 * M)
    minutes.moved(Key("440000"), Count(1, 1, 0), 10 * M)
    minutes.moved(Key("440000"), Count(9, 9, 0), 11 * M + 200)
    minutes.turn(12 * M)
    assert [rows[0].online_peak for _, rows in minutes.closed] == [1, 9]


def test_a_facet_of_an_institution_is_not_kept() -> None:
    minutes = Minutes(0)
    for key in (Key("440000", "principal"), Key("440000", "", "school"), Key("440000", "principal", "school")):
        minutes.moved(key, Count(1, 0, 0), 0)
    minutes.turn(M)
    assert [row.key for row in minutes.closed[0][1]] == ["440000|principal|", "440000||school"]
