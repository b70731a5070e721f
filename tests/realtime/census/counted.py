"""What the database says of who is online, independently of what any process has in memory."""

from collections.abc import Iterable, Mapping
from typing import Any

SQL = """
SELECT a.class_id AS class_id, count(*) AS online,
       sum(CASE WHEN s.phase = 'studying' THEN 1 ELSE 0 END) AS studying,
       sum(CASE WHEN s.phase IN ('challenged', 'awaiting_login_check') THEN 1 ELSE 0 END) AS checking
FROM seat s JOIN attendance a ON a.id = s.attendance_id JOIN control_process p ON p.id = s.owner
WHERE s.live AND s.connected AND NOT p.ended AND p.alive_at > {since} GROUP BY a.class_id
"""


def leases(since_ms: int) -> str:
    """Live seats with their page, of processes that were alive since then."""
    return SQL.format(since=since_ms)


def by_class(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int, int]]:
    """As a census has it."""
    return {str(row["class_id"]): (int(row["online"]), int(row["studying"]), int(row["checking"])) for row in rows}
