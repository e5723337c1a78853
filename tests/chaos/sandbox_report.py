"""What was done to the sandboxes, and what became of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.sandbox_parts import SURE_TARGETS, TARGETS, WATCHDOG
from tests.chaos.tables import as_table

WATCHDOG_ENDED = f"{WATCHDOG} ended"
"""What a worker tells of a run whose thread was ended."""
LATE_SECONDS = 1.0


@dataclass
class Report:
    """What was done to the sandboxes, how they took it, and what is left of them."""

    identity: str
    seed: int
    seconds: float = 0.0
    workers: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    stops: dict[str, int] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_run: float = 0.0
    longest_running: float = 0.0
    """From a worker's kill until nothing could run code any more."""
    last_running: str = ""
    longest_dying: float = 0.0
    """From a worker's kill until the kernel had taken the last of it away."""
    late: int = 0
    """Worker's kills after which something could run code for more than a second."""
    strays: int = 0
    """Halves of bubblewrap that hadn't started yet and were ended by the next start."""
    left: list[str] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Name the targets that were never killed."""
        return [target for target in SURE_TARGETS if not self.kills.get(target)]

    def add_death(self, running: float, dying: float, last: str, strays: int) -> None:
        """Note how long what a killed worker left could run, was there at all, and what only the next start ended."""
        if running > self.longest_running:
            self.longest_running, self.last_running = running, last
        self.longest_dying = max(self.longest_dying, dying)
        self.late += running > LATE_SECONDS
        self.strays += strays

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return dict(vars(self))

    def __str__(self) -> str:
        return "\n\n".join([
            f"sandbox, {self.identity}: {self.seconds:.0f} s, seed {self.seed}, {self.workers} workers started",
            as_table(
                ("target", "killed", "stopped"),
                [(name, self.kills.get(name, 0), self.stops.get(name, 0)) for name in TARGETS],
            ),
            as_table(("runs ended", "times"), self.outcomes.most_common()),
            as_table(
                ("after a worker's kill", ""),
                [
                    ("longest until nothing could run code", f"{self.longest_running * 1000:.0f} ms"),
                    ("times that took more than a second", self.late),
                    ("longest until all of it was gone", f"{self.longest_dying * 1000:.0f} ms"),
                    ("unstarted halves of bwrap ended by the next start", self.strays),
                ],
            ),
            f"the last that could run code: {self.last_running}",
            f"slowest run {self.slowest_run:.1f} s",
            "\n".join([f"left over: {len(self.left)}", *self.left]),
        ])  # fmt: skip
