"""Looking at a part in a thread of its own, so that nobody waits long for one that hangs."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import connections

from agentsite.common.acting import as_server
from agentsite.health.part import Part, down

log = structlog.get_logger(__name__)
LIMIT_SECONDS = 1.75


@dataclass
class _Attempt:
    begun: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    part: Part | None = None
    is_over: threading.Event = field(default_factory=threading.Event)

    def end(self, part: Part) -> None:
        self.part, self.ended = part, time.monotonic()
        self.is_over.set()

    def told(self) -> dict[str, object]:
        part, ended = self.part, self.ended
        if part is None or not ended:
            return down("", "part.timed_out").told(time.monotonic() - self.begun)
        return part.told(ended - self.begun)


class Check:
    """One look at one part: never two at once, and what it found is shared with who asks within a second.

    A look that hangs is left alone in its thread; whoever asks meanwhile is told so at once.

    :param shared_seconds: how long what was found is good enough.
    """

    def __init__(self, name: str, look: Callable[[], Part], *, shared_seconds: float = 1.0) -> None:
        self._name = name
        self._look = look
        self._shared_seconds = shared_seconds
        self._lock = threading.Lock()
        self._latest: _Attempt | None = None

    def begin(self) -> None:
        """Start looking, if nobody does and what is known is too old."""
        self._current()

    def __call__(self, limit: float = LIMIT_SECONDS) -> dict[str, object]:
        """Return what is known, after waiting for a look that has lasted no longer than ``limit``."""
        attempt = self._current()
        attempt.is_over.wait(max(0.0, attempt.begun + limit - time.monotonic()))
        return attempt.told()

    def forget(self) -> None:
        """Look anew the next time, whatever was found before."""
        with self._lock:
            self._latest = None

    def _current(self) -> _Attempt:
        with self._lock:
            latest = self._latest
            if latest is None or (latest.ended and time.monotonic() - latest.ended > self._shared_seconds):
                latest = _Attempt()
                threading.Thread(target=self._run, args=(latest,), name=f"health-{self._name}", daemon=True).start()
                self._latest = latest
            return latest

    def _run(self, attempt: _Attempt) -> None:
        try:
            with as_server():
                part = self._look()
        except Exception as error:  # noqa: BLE001  whatever it is, the part does not work
            log.warning("health.failed", part=self._name, error=type(error).__name__)
            part = down("", "part.failed")
        attempt.end(part)
        connections.close_all()
