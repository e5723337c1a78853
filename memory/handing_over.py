"""Giving what is remembered of a guest to the account of the same person."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from agentsite.accounts.models import User
from memory import services
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation, ConversationStatus
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.stat import Stat
from memory.models.usage import PassageUse
from memory.models.vectors import VectorMemory


def hand_over(*, guest: User, to: User) -> dict[str, int]:
    """Make conversations, facts, memories and passages somebody else's, in the open transaction; return how many.

    A chat's older conversation ends; what the account remembers already stays as the account has it.
    """
    mine = Conversation.objects.filter(user=to, status=ConversationStatus.ACTIVE)
    chats = Conversation.objects.filter(user=guest).exclude(chat_id="").values("platform", "chat_id")
    for chat in chats:
        mine.filter(**chat).update(status=ConversationStatus.ARCHIVED)
    counts = {
        "conversation": Conversation.objects.filter(user=guest).update(user=to),
        "attachment": Attachment.objects.filter(user=guest).update(user=to),
        "fact": _new(Fact.objects.filter(user=guest), Fact.objects.filter(user=to), "noted_as").update(user=to),
        "memory": _new(Memory.objects.filter(user=guest), Memory.objects.filter(user=to), "memory_type", "key").update(
            user=to
        ),
        "stat": Stat.objects.filter(user=guest).update(user=to),
        "use": PassageUse.objects.filter(user=guest).update(user=to),
        "passage": VectorMemory.objects.filter(user=guest).update(user=to, is_indexed=False),
    }
    services.follow_on_commit()
    return counts


def _new(rows: QuerySet[Any], there: QuerySet[Any], *names: str) -> QuerySet[Any]:
    """Return the rows of which there is none alike yet."""
    same = there.filter(**{name: OuterRef(name) for name in names})
    return rows.filter(~Exists(same))
