"""A timeline in memory."""

import json
from threading import Lock

from builds.agent.values import JsonDict

LARGEST_PAYLOAD = 32 << 10


class MemoryEvents:
    """Collect events as (kind, payload), the nodes that were entered, and streamed output; safe for several threads."""

    def __init__(self) -> None:
        self.events: list[tuple[str, JsonDict]] = []
        self.nodes: list[str] = []
        self.text = ""
        self._lock = Lock()

    def enter(self, node: str) -> None:
        """Record that a node starts."""
        with self._lock:
            self.nodes.append(node)

    def emit(self, kind: str, payload: JsonDict) -> None:
        """Record one event.

        :raises ValueError: the payload is larger than 32 KiB as JSON.
        :raises TypeError: the payload is no plain JSON.
        """
        copied = json.dumps(payload)
        if len(copied.encode()) > LARGEST_PAYLOAD:
            raise ValueError(f"the payload of {kind} has {len(copied)} characters")
        with self._lock:
            self.events.append((kind, json.loads(copied)))

    def stream(self, text: str) -> None:
        """Append a piece of output."""
        with self._lock:
            self.text += text

    @property
    def kinds(self) -> list[str]:
        """The kinds of all events, in order."""
        return [kind for kind, _ in self.events]
