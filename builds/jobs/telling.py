"""What the agent says in a conversation, as messages of the one history."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from agentsite.common.errors import AppError
from builds.agent.talking.phrases import say
from builds.agent.talking.values import Proposal
from builds.models.job import Job
from builds.models.usage import TokenUsage
from builds.offered import language_name
from builds.runs import live
from memory import conversations
from memory.models.conversation import Conversation
from memory.models.message import Message, MessageRole

OWN = "agent:"
"""How the names of the agent's own messages begin, under which each is stored once."""


def tell(
    job: Job, text: str, *, key: str, intent: str, known: Mapping[str, Any] | None = None, model: str = ""
) -> Message | None:
    """Append what the agent says about a job, once; None when its conversation is gone or has ended.

    :param key: tells several messages of one job apart.
    """
    if job.conversation is None:
        return None
    used = TokenUsage.objects.filter(job=job).aggregate(
        cost=Sum("cost_usd"), tokens_input=Sum("tokens_input"), tokens_output=Sum("tokens_output")
    )
    tokens = {name: used[name] or 0 for name in ("tokens_input", "tokens_output")}
    about = {"job": str(job.id), **tokens, **(known or {})}
    return append(
        job.conversation,
        text,
        key=f"job:{job.id}:{key}",
        intent=intent,
        model_used=model,
        cost_usd=used["cost"] or Decimal(0),
        extra_metadata=about,
    )


def append(conversation: Conversation, text: str, *, key: str, **fields: Any) -> Message | None:
    """Append a message of the agent, once, in the open transaction; None when the conversation takes none."""
    try:
        message, _is_new = conversations.append_message(
            conversation=conversation,
            role=MessageRole.ASSISTANT,
            content=text,
            author="agent",
            platform_message_id=f"{OWN}{key}"[:64],
            **fields,
        )
    except AppError:  # it was archived or deleted, or its owner may only read now
        return None
    news(conversation.pk)
    return message


def news(conversation_id: UUID) -> None:
    """Let whoever follows a conversation look, once what is being written is committed."""
    transaction.on_commit(lambda: live.wake_conversation(conversation_id), robust=True)


def proposal(speech: str, proposed: Proposal) -> str:
    """Say what would be done; the figures stand beside it."""
    return say(
        speech,
        f"propose_{proposed['action']}",
        name=proposed["project_name"],
        language=language_name(proposed["language"]),
        parent=proposed["parent_name"],
        attempt=proposed["attempt"],
    )
