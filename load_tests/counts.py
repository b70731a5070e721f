"""What the regulators' number costs: ``python -m load_tests.counts``, the last line is one JSON object.

10,000 seats join, begin to study and leave, in an order left to chance; after each thousand changes every sum is compared
with a SELECT over the same seats. Measured in one process: one change through the count of this process and all sums, one
look at a number, one whole view of the province, and the naive way, a SELECT count over the seats' table (SQLite, in
memory, with an index, warm).
"""

import json
import random  # noqa: TID251  # seeded: the same order every time
import sqlite3
import statistics
from collections.abc import Callable
from time import perf_counter_ns

import msgspec

from classroom.attendance.standing import Standing
from classroom.courses.catalogue import Qualification
from classroom.courses.rules import ClassPlace
from classroom.people.regions import PROVINCE, below
from realtime.census.count import Count
from realtime.census.keys import Key
from realtime.census.sums import Sums
from realtime.census.tally import Tally
from realtime.oversight.view import Narrowed, read

SEATS, CLASSES, INSTITUTIONS = 10_000, 200, 100
COMPARED_EVERY, LOOKS, SELECTS = 1_000, 20_000, 200
_AWAY = Standing(
    1, 1, 0, 1, "browsing", None, 0, False, None, None, 0, 0, 0, 0, None, None, None, None, None, ()
)  # fmt: skip
STEPS = (
    msgspec.structs.replace(_AWAY, phase="awaiting_login_check", connected=True, session="s"),
    msgspec.structs.replace(_AWAY, phase="studying", connected=True, session="s"),
    None,
)
_SELECT = """SELECT count(*), coalesce(sum(phase = 'studying'), 0), coalesce(sum(phase = 'awaiting_login_check'), 0)
FROM seat JOIN class ON class.id = seat.class_id WHERE seat.connected = 1 AND class.region LIKE ?"""


def main() -> None:
    """Run it and print what was measured."""
    chance = random.Random(20261126)
    places = _places()
    sums, tally, table = Sums(), Tally(), _table(places)
    sums.place(places)
    order = [number for number in range(SEATS) for _ in STEPS]
    chance.shuffle(order)
    done = [0] * SEATS
    changes, compared = [], 0
    for at, number in enumerate(order, 1):
        standing, place = STEPS[done[number]], places[number % CLASSES]
        done[number] += 1
        began = perf_counter_ns()
        count = tally.see(str(number), place.id, standing)
        if count is not None:
            sums.hear("me", {place.id: count}, at)
        changes.append(perf_counter_ns() - began)
        connected, phase = (0, "") if standing is None else (1, standing.phase)
        table.execute("UPDATE seat SET connected = ?, phase = ? WHERE id = ?", (connected, phase, number))
        if at % COMPARED_EVERY == 0:
            compared += _compare(sums, table)
        if at == len(order) // 2:
            looks = _looked(sums, table)
    print(
        f"{len(order)} changes of {SEATS} seats in {CLASSES} classes; {compared} sums compared with a SELECT, all equal."
    )
    for name, value in looks.items():
        print(f"{name}: {value}")
    print(
        json.dumps(
            {
                "seats": SEATS,
                "changes": len(order),
                "compared": compared,
                "change_us": round(statistics.mean(changes) / 1_000, 2),
                "change_p99_us": round(statistics.quantiles(changes, n=100)[98] / 1_000, 2),
                **looks,
            }
        )
    )


def _places() -> list[ClassPlace]:
    regions = [county.code for city in below(PROVINCE) for county in (below(city.code) or [city])]
    operation = Qualification.SPECIAL_OPERATION.value
    return [
        ClassPlace(
            f"class-{n}", "班", f"school-{n % INSTITUTIONS}", regions[n % len(regions)], "course", operation, "1.1"
        )
        for n in range(CLASSES)
    ]


def _table(places: list[ClassPlace]) -> sqlite3.Connection:
    table = sqlite3.connect(":memory:", isolation_level=None)
    table.execute("CREATE TABLE class (id TEXT PRIMARY KEY, region TEXT)")
    table.execute("CREATE TABLE seat (id INTEGER PRIMARY KEY, class_id TEXT, connected INTEGER, phase TEXT)")
    table.execute("CREATE INDEX seat_connected ON seat (connected, class_id)")
    table.executemany("INSERT INTO class VALUES (?, ?)", [(one.id, one.region_code) for one in places])
    table.executemany("INSERT INTO seat VALUES (?, ?, 0, '')", [(n, places[n % CLASSES].id) for n in range(SEATS)])
    return table


def _compare(sums: Sums, table: sqlite3.Connection) -> int:
    regions = {PROVINCE: "44%"} | {city.code: f"{city.code[:4]}%" for city in below(PROVINCE)}
    for code, like in regions.items():
        [row] = table.execute(_SELECT, (like,)).fetchall()
        if sums.of(Key(code)) != Count(*row):
            raise SystemExit(f"{code}: the sums say {sums.of(Key(code))}, the table {row}")
    return len(regions)


def _looked(sums: Sums, table: sqlite3.Connection) -> dict[str, float]:
    """Half-way, with about half of all seats online."""
    whole = Narrowed(PROVINCE)
    select = _median_us(lambda: table.execute(_SELECT, ("44%",)).fetchall(), SELECTS)
    look = _median_us(lambda: sums.of(Key(PROVINCE)), LOOKS)
    return {
        "online_then": sums.of(Key(PROVINCE)).online,
        "look_us": look,
        "view_us": _median_us(lambda: read(sums, whole), SELECTS),
        "select_us": select,
        "select_to_look": round(select / look),
    }


def _median_us(call: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = perf_counter_ns()
        call()
        taken.append(perf_counter_ns() - began)
    return round(statistics.median(taken) / 1_000, 2)


if __name__ == "__main__":
    main()
