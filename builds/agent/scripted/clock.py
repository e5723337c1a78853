"""A clock that moves only when somebody waits."""

from threading import Lock


class ManualClock:
    """Let time pass at once, and remember each wait in ``slept`` (seconds)."""

    def __init__(self, now: float = 0.0) -> None:
        self.slept: list[float] = []
        self._now = now
        self._lock = Lock()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on without waiting."""
        with self._lock:
            self.slept.append(seconds)
            self._now += seconds

    @property
    def total_slept(self) -> float:
        """All seconds that were waited."""
        return sum(self.slept)
