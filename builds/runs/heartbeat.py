"""Keeping a claim alive while its run works, and noticing that it should stop."""

import threading
import time
from typing import Self

import structlog
from django.db import DatabaseError, connections

from builds.models.run import Run
from builds.runs.claim import Claim, renew

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
        renewed_at = time.monotonic()
        while not self._stop.wait(LOOK_SECONDS) and not self.should_stop():
            try:
                self._look()
                if time.monotonic() - renewed_at >= RENEW_SECONDS:
                    self.is_lost = not renew(self._claim)
                    renewed_at = time.monotonic()
            except DatabaseError as error:
                log.warning("heartbeat.failed", error=type(error).__name__)
        connections.close_all()

    def _look(self) -> None:
        found = Run.objects.filter(id=self._claim.run_id).values_list("fence", "cancel_requested_at").first()
        fence, asked = found or (None, None)
        self.is_lost = self.is_lost or fence != self._claim.fence
        self.is_cancelled = self.is_cancelled or asked is not None
