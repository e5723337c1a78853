"""Telling watchers that there is something to see. Never fails: the table is the truth and pages poll it as well."""

from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from agentsite.channel_layer import InProcessChannelLayer

log = structlog.get_logger(__name__)


def group_name(run_id: UUID | str) -> str:
    """Return the channel group of a run's watchers."""
    return f"run.{run_id}"


def wake(run_id: UUID) -> None:
    """Say that new events are in the table; carries nothing else."""
    _send(run_id, {"type": "run.woke"})


def stream(run_id: UUID, node: str, text: str) -> None:
    """Show a piece of output; it is not kept."""
    _send(run_id, {"type": "run.output", "node": node, "text": text})


def _send(run_id: UUID, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    if isinstance(layer, InProcessChannelLayer):
        layer.group_send_soon(group_name(run_id), message)
        return
    try:
        async_to_sync(layer.group_send)(group_name(run_id), message)
    except Exception as error:  # noqa: BLE001  whatever the broker does, a build goes on
        log.warning("live.unreachable", error=type(error).__name__)
