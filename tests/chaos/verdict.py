"""What a scenario did, and which promises it saw broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.tables import as_table


@dataclass
class Verdict:
    """One scenario's figures and its findings; none of these is good."""

    scenario: str
    rows: Sequence[tuple[str, object]] = ()
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "rows": {name: str(value) for name, value in self.rows}}

    def __str__(self) -> str:
        head = (self.scenario, f"{self.seconds:.0f} s")
        found = "\n".join(["BROKEN:", *self.broken]) if self.broken else "every promise was kept"
        return f"{as_table(head, self.rows)}\n{found}\n"
