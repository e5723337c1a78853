"""Kills and stops at random; the seed brings the same choices back, though not the same moments."""

import random
import signal
import time
from collections import Counter
from typing import Literal

from tests.chaos.processes import Process, send

How = Literal["kill", "stop and continue", "stop and kill"]
HOWS: tuple[How, ...] = ("kill", "stop and continue", "stop and kill")
SHARES = (6, 1, 1)
LONGEST_STOP = 0.25


class Killer:
    """Strikes processes and counts what was really hit."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  a moment is no secret
        self.hits: Counter[tuple[str, How]] = Counter()
        """(Target, how) → signals that were delivered."""

    def pause(self, longest: float) -> None:
        """Wait for a random time."""
        time.sleep(self.random.uniform(0, longest))

    def strike(self, target: str, process: Process, how: How | None = None) -> bool:
        """Kill, or stop for a moment; False when the process was gone before."""
        how = how or self.random.choices(HOWS, SHARES)[0]
        if how == "kill":
            was_hit = send(process, signal.SIGKILL)
        else:
            was_hit = send(process, signal.SIGSTOP)
            self.pause(LONGEST_STOP)
            was_hit &= send(process, signal.SIGCONT if how == "stop and continue" else signal.SIGKILL)
        self.hits[target, how] += was_hit
        return was_hit

    def killed(self, target: str) -> int:
        """Return how many processes of a kind were killed."""
        return self.hits[target, "kill"] + self.hits[target, "stop and kill"]
