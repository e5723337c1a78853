"""How many runs there may be at once, and who is next."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled

TICK_SECONDS = 0.04


class Places:
    """A line of runs: the first so many of it run, the others wait, in the order in which they came."""

    def __init__(self, *, parallel: int, waiting: int, wait_seconds: float) -> None:
        self.most = parallel + waiting
        self._parallel = parallel
        self._wait_seconds = wait_seconds
        self._line: list[object] = []
        self._moved = threading.Condition()

    @contextmanager
    def queued(self) -> Iterator["Turn"]:
        """Stand in line, and hold the place that comes of it, to the end of the block.

        :raises AgentError: ``sandbox.busy`` when too many stand there already.
        """
        turn = Turn(self)
        with self._moved:
            if len(self._line) >= self.most:
                raise AgentError("sandbox.busy", slots=self._parallel)
            self._line.append(turn)
        try:
            yield turn
        finally:
            with self._moved:
                self._line.remove(turn)
                self._moved.notify_all()

    def wait_for(self, turn: "Turn", is_cancelled: IsCancelled) -> bool:
        """Wait until it is somebody's turn; False when cancelled before.

        :raises AgentError: ``sandbox.busy`` when that takes too long.
        """
        deadline = time.monotonic() + self._wait_seconds
        while not is_cancelled():
            with self._moved:
                if self._line.index(turn) < self._parallel:
                    return True
                self._moved.wait(TICK_SECONDS)
            if time.monotonic() > deadline:
                raise AgentError("sandbox.busy", slots=self._parallel)
        return False

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until nothing runs or waits; False when something still did after so long."""
        with self._moved:
            return self._moved.wait_for(lambda: not self._line, seconds)


class Turn:
    """Somebody's place in the line."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def has_come(self, is_cancelled: IsCancelled) -> bool:
        """Wait for it; False when cancelled before.

        :raises AgentError: ``sandbox.busy`` when that takes too long.
        """
        return self._places.wait_for(self, is_cancelled)
