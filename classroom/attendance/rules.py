"""The figures of the law and of the design, with the bounds that the law sets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from classroom.attendance.behaviour import refusal_of

SECOND = 1_000
MINUTE = 60 * SECOND


class RulesError(ValueError):
    """A setting that the law or the design forbids; ``code`` names it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force for an attendance; journaled at the start of each session so that replay needs nothing else.

    All durations in milliseconds. Defaults are design.md's table; a figure the law doesn't give is ours.
    """

    heartbeat_ms: int = 5 * SECOND
    report_gap_ms: int = 15 * SECOND  # over this between reports the segment is closed
    drawn_from_ms: int = 60 * SECOND  # studied time since the last confirming pass
    drawn_to_ms: int = 815 * SECOND
    interval_ms: int = 900 * SECOND  # row 10: at most 15 minutes between two checks
    camera_ms: int = 15 * SECOND  # push to first decoded frame
    window_ms: int = 60 * SECOND  # first decoded frame to deadline, all tries included (row 30: preset time)
    margin_ms: int = 10 * SECOND
    person_ms: int = 10 * MINUTE  # a live check by a person, from when the two see each other
    held_most_ms: int = 900 * SECOND
    tries: int = 3  # row 30: preset number
    action_ms: int = 8 * SECOND
    ready_ms: int = 5 * SECOND
    blur_ms: int = 1_500
    idle_ms: int = 15 * MINUTE  # row 30, 2.2.2 c; preset not given by the law
    idle_warning_ms: int = 60 * SECOND
    daily_cap_ms: int = 28_800 * SECOND  # 2.2.2 d; preset not given by the law
    failed_checks_a_day: int = 6
    void_held_on_failure: bool = True  # False: the milder reading of 2.2.2 b
    end_tolerance_ms: int = 1 * SECOND
    ahead_tolerance_ms: int = 1 * SECOND  # how far past the earned point playback may start
    rate_tolerance_ms: int = 1_500  # playback over server time between two reports, for jitter
    lag_ms: int = 2 * SECOND  # playback behind server time before the segment is rolled
    faults_a_day: int = 1  # PROVIDER_DOWN of a learner's stream without a strike
    unacknowledged_a_day: int = 2  # pushes that no page acknowledged, without a strike
    crashes_a_day: int = 2  # checks lost to a crash of ours; more raise a flag and cost nothing
    reactions: tuple[tuple[str, str], ...] = ()  # behaviour.py: reactions other than the table's

    @property
    def forced_ms(self) -> int:
        """Wall clock after any pass at which a push is forced: the window still fits inside the interval."""
        return self.interval_ms - self.camera_ms - self.window_ms - self.margin_ms

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "reactions" and getattr(self, field.name) < 0:
                raise RulesError("RULE_NEGATIVE", f"{field.name} is negative")
        bounds = (
            (self.interval_ms > 900 * SECOND, "RULE_INTERVAL", "interval_ms is over 15 minutes (checklist row 10)"),
            (self.held_most_ms > self.interval_ms, "RULE_HELD", "held_most_ms is over interval_ms"),
            (self.forced_ms <= 0, "RULE_WINDOW", "camera, window and margin leave nothing of the interval"),
            (self.drawn_to_ms > self.forced_ms, "RULE_DRAWN", "drawn_to_ms: the window would end past the interval"),
            (self.drawn_from_ms >= self.drawn_to_ms, "RULE_DRAWN", "drawn_from_ms isn't below drawn_to_ms"),
            (not 1 <= self.tries <= 5, "RULE_TRIES", "tries must be 1 to 5"),
            (self.heartbeat_ms * 2 > self.report_gap_ms, "RULE_HEARTBEAT", "report_gap_ms is under two heartbeats"),
            (self.idle_warning_ms >= self.idle_ms, "RULE_IDLE", "idle_warning_ms isn't below idle_ms"),
            (self.failed_checks_a_day < 1, "RULE_FAILED", "failed_checks_a_day must be at least 1"),
        )
        refusal = refusal_of(self.reactions)
        if refusal is not None:
            raise RulesError("RULE_BEHAVIOUR", refusal)
        for broken, code, sentence in bounds:
            if broken:
                raise RulesError(code, sentence)


def rules_from(values: Mapping[str, str]) -> Rules:
    """Rules from text settings (name of a field -> number, or true/false); unknown names and nonsense are refused."""
    known = asdict(Rules())
    chosen: dict[str, int | bool | tuple[tuple[str, str], ...]] = {}
    for name, text in values.items():
        if name not in known:
            raise RulesError("RULE_UNKNOWN", f"no rule is called {name}")
        if name == "reactions":
            pairs = (pair.partition("=") for pair in text.split(",") if pair.strip())
            chosen[name] = tuple((code.strip(), reaction.strip()) for code, _, reaction in pairs)
        elif isinstance(known[name], bool):
            if text.lower() not in {"true", "false"}:
                raise RulesError("RULE_NONSENSE", f"{name} must be true or false")
            chosen[name] = text.lower() == "true"
        else:
            try:
                chosen[name] = int(text)
            except ValueError:
                raise RulesError("RULE_NONSENSE", f"{name} must be a whole number") from None
    return Rules(**chosen)  # type: ignore[arg-type]
