"""An event as programs see it."""

from builds.agent.values import JsonDict
from builds.models.run import RunEvent


def as_json(event: RunEvent) -> JsonDict:
    """Return one event for the wire."""
    return {
        "seq": event.seq,
        "kind": event.kind,
        "node": event.node,
        "payload": event.payload,
        "created_at": event.created_at.isoformat(),
    }
