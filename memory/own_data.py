"""What memory holds of somebody, for the zip that they take along."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from agentsite.accounts.models import User
from memory.attachments import selectors
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.exclusion import Exclusion
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message
from memory.models.stat import Stat
from memory.models.usage import PassageUse
from memory.models.vectors import VectorMemory


def files_of(user: User) -> Iterator[tuple[str, bytes]]:
    """Go through somebody's files, one at a time; each lies in a folder of its own."""
    for attachment in selectors.of(user).order_by("id").iterator(100):
        yield f"attachments/{attachment.pk}/{_plain(attachment.name)}", selectors.content_of(attachment)


def _plain(name: str) -> str:
    return name.replace("/", "_").replace("\\", "_").replace(":", "_").strip(". ") or "file"


def tables_of(user: User) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Go through the files of the zip and the rows that stand in each, one a line."""
    yield "memories.jsonl", Memory.objects.filter(user=user).order_by("id")
    yield "facts.jsonl", Fact.objects.filter(user=user).order_by("id")
    yield "stats.jsonl", Stat.objects.filter(user=user).order_by("id")
    yield "conversations.jsonl", Conversation.objects.filter(user=user).order_by("id")
    yield "messages.jsonl", Message.objects.filter(conversation__user=user).order_by("id")
    yield (
        "artifacts.jsonl",
        MessageArtifact.objects.filter(Q(message__conversation__user=user) | Q(attachment__user=user)).order_by("id"),
    )
    yield "attachments.jsonl", Attachment.objects.filter(user=user).order_by("id")
    yield "passages.jsonl", VectorMemory.objects.filter(user=user).order_by("id")
    yield "exclusions.jsonl", Exclusion.objects.filter(user=user).order_by("id")
    yield "passage-uses.jsonl", PassageUse.objects.filter(user=user).order_by("id")
