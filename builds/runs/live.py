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
    _send(group_name(run_id), {"type": "run.woke"})


def conversation_group(conversation_id: UUID | str) -> str:
    """Return the channel group of those who follow a conversation."""
    return f"conversation.{conversation_id}"


def wake_conversation(conversation_id: UUID) -> None:
    """Say that something was said in a conversation, or that the work on it changed; carries nothing else."""
    _send(conversation_group(conversation_id), {"type": "conversation.woke"})


def stream(run_id: UUID, node: str, text: str) -> None:
    """Show a piece of output; it is not kept."""
    _send(group_name(run_id), {"type": "run.output", "run": str(run_id), "node": node, "text": text})


def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    if isinstance(layer, InProcessChannelLayer):
        layer.group_send_soon(group, message)
        return
    try:
        async_to_sync(layer.group_send)(group, message)
    except Exception as error:  # noqa: BLE001  whatever the broker does, a build goes on
        log.warning("live.unreachable", error=type(error).__name__)
