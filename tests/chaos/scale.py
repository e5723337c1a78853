"""Which scenarios there are, and how much each does."""

from dataclasses import dataclass

SCENARIOS = ("points", "redis", "postgresql", "paused", "drained", "storm")


@dataclass(frozen=True)
class Scale:
    """Sizes and seconds of one form."""

    builds: int
    """In the storm."""
    kills: int
    """In the storm, at most."""
    every_point: int
    """At each how many-th point of a build its worker is killed."""
    away_seconds: float
    """How long Redis is away."""
    submissions: int
    """Before, and while, a server is away."""
    restarts: int
    """Of PostgreSQL."""
    waits_for_lease: bool
    """Whether a paused worker's lease runs out by the clock; else its end is moved."""


SHORT = Scale(4, 4, 12, 4.0, 1, 1, waits_for_lease=False)
LONG = Scale(60, 10_000, 1, 20.0, 6, 3, waits_for_lease=True)
