"""Bounds for entries that strangers can cause, so that nobody fills the log: some a minute, and how many were left out.

Counted in each process by itself: a shared count would be one more thing that can be away.
"""

import threading
import time

SECONDS = 60.0
MOST = 60
"""Different things of one action in a window."""


class Bound:
    """What was let through lately, of one action."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._seen: set[str] = set()
        self._left_out = 0

    def left_out(self, about: str) -> int | None:
        """Let one entry about each thing through a window; return how many were left out since the last, else None."""
        with self._lock:
            now = time.monotonic()
            if now - self._began >= SECONDS:
                self._began, self._seen = now, set()
            if about in self._seen or len(self._seen) >= MOST:
                self._left_out += 1
                return None
            self._seen.add(about)
            left_out, self._left_out = self._left_out, 0
            return left_out


_bounds: dict[str, Bound] = {}


def left_out(action: str, about: str) -> int | None:
    """Say how many entries of an action were left out since its last one; None where this one is, too."""
    return _bounds.setdefault(action, Bound()).left_out(about)


def forget() -> None:
    """Begin anew."""
    _bounds.clear()
