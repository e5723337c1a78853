"""Keeping a claim alive while its run works, and noticing that it should stop."""

import contextlib
import threading
import time
from typing import Self

import structlog
from django.db import DatabaseError, connections
from django.db.models import F

from builds.models.run import Run
from builds.runs.claim import LEASE, Claim, renew

log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.25
RENEW_SECONDS = 15.0


class Heartbeat:
    """Renew a lease every 15 s in a thread of its own, and watch for a request to cancel four times a second."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._stop = threading.Event()
        self.is_lost = False
        self.is_cancelled = False
        self._counted_at = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{claim.run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def should_stop(self) -> bool:
        """Say whether the run was cancelled or taken over."""
        return self.is_lost or self.is_cancelled

    def _beat(self) -> None:
        while not self._stop.wait(LOOK_SECONDS) and not self.should_stop():
            try:
                self._look()
                if self._uncounted() >= RENEW_SECONDS:
                    self.is_lost = not renew(self._claim, worked_seconds=self._uncounted())
                    self._counted_at = time.monotonic()
            except Exception as error:  # noqa: BLE001  a heart that stops would leave the worker paying for nothing
                log.warning("heartbeat.failed", error=type(error).__name__)
                connections.close_all()  # a broken connection would stay broken
                self.is_lost = self._uncounted() > LEASE.total_seconds()  # by now somebody else may hold it
        self._count_the_rest()
        connections.close_all()

    def _uncounted(self) -> float:
        return time.monotonic() - self._counted_at

    def _count_the_rest(self) -> None:
        mine = Run.objects.filter(id=self._claim.run_id, fence=self._claim.fence)
        with contextlib.suppress(DatabaseError):  # then the build gets these seconds as a present
            mine.update(worked_seconds=F("worked_seconds") + self._uncounted())

    def _look(self) -> None:
        found = Run.objects.filter(id=self._claim.run_id).values_list("fence", "cancel_requested_at").first()
        fence, asked = found or (None, None)
        self.is_lost = self.is_lost or fence != self._claim.fence
        self.is_cancelled = self.is_cancelled or asked is not None
