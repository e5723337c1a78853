"""The timeline as the agent sees it."""

import threading
import time

from builds.agent.values import JsonDict
from builds.runs import events, fence, live
from builds.runs.claim import Claim

_STREAM_SECONDS = 0.1
_STREAM_CHARACTERS = 8_000


class RunEvents:
    """Record a node's start at once, what it emits with its checkpoint; stream output about ten times a second."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.node = ""
        self._entered_at = time.monotonic()
        self._pending: list[events.NewEvent] = []
        self._text = ""
        self._sent_at = 0.0
        self._lock = threading.Lock()

    def enter(self, node: str) -> None:
        """Record that a node starts.

        :raises StaleFence: the run was taken over.
        """
        self.node, self._entered_at = node, time.monotonic()
        with fence.held(self._claim.run_id, self._claim.fence):
            events.record(self._claim.run_id, events.NewEvent("node.started", {}, node))

    def node_seconds(self) -> float:
        """Return how long the current node has worked."""
        return time.monotonic() - self._entered_at

    def emit(self, kind: str, payload: JsonDict) -> None:
        """Keep an event until its node's checkpoint."""
        self._pending.append(events.NewEvent(kind, payload, self.node))
        self._send("", at_once=True)

    def take_pending(self) -> list[events.NewEvent]:
        """Hand over, once, what was emitted since the last checkpoint."""
        taken, self._pending = self._pending, []
        return taken

    def stream(self, text: str) -> None:
        """Show output to watchers, in pieces of about a tenth of a second."""
        self._send(text, at_once=False)

    def _send(self, text: str, *, at_once: bool) -> None:
        with self._lock:
            self._text = (self._text + text)[-_STREAM_CHARACTERS:]
            is_due = at_once or time.monotonic() - self._sent_at >= _STREAM_SECONDS
            if not self._text or not is_due:
                return
            piece, self._text, self._sent_at = self._text, "", time.monotonic()
        live.stream(self._claim.run_id, self.node, piece)
