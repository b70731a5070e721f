"""A wall's page, as far as it knows anything: folds what the socket says."""

from typing import Any

import msgspec

from realtime.wall import protocol as p

_decoder = msgspec.json.Decoder(p.ToWall)


class WallPage:
    """Rows by class and number; a delta that doesn't follow what is known is a bug."""

    def __init__(self) -> None:
        self.since: dict[str, p.Since] = {}
        self.rows: dict[str, dict[int, p.Row]] = {}
        self.refused: list[p.WallRefused] = []
        self.news: list[tuple[str, str]] = []
        self.welcomes = 0
        self.whole = 0  # classes that came whole
        self.calls: list[p.WallCall | p.WallOffer | p.WallCallOver] = []

    def hear(self, text: str) -> None:
        match _decoder.decode(text):
            case p.WallWelcome():
                self.welcomes += 1
            case p.WallRefused() as refused:
                self.refused.append(refused)
            case p.WallNews() as news:
                self.news.append((news.class_id, news.list))
            case p.WallClass() as one:
                self.whole += 1
                self.rows[one.class_id] = {row.n: row for row in one.rows}
                self.since[one.class_id] = p.Since(one.board, one.version)
            case (p.WallCall() | p.WallOffer() | p.WallCallOver()) as call:
                self.calls.append(call)
            case p.WallDelta() as delta:
                known = self.since[delta.class_id]
                assert (known.board, known.version + 1) == (delta.board, delta.version), "a version is missing"
                self.since[delta.class_id] = p.Since(delta.board, delta.version)
                rows = self.rows[delta.class_id]
                rows |= {row.n: row for row in delta.rows}
                for n, *moved in delta.ticks:
                    names = ("as_of_ms", "position_ms", "held_ms", "not_counted_ms")
                    rows[n] = msgspec.structs.replace(rows[n], **dict(zip(names, moved, strict=True)))

    def row_of(self, class_id: str, learner_id: str) -> p.Row | None:
        return next((one for one in self.rows.get(class_id, {}).values() if one.learner_id == learner_id), None)

    def all(self, class_id: str) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(row) for _, row in sorted(self.rows.get(class_id, {}).items())]
