"""A message that was spoken: what was heard in it becomes what it says."""

from django.db.models import F
from django.utils import timezone

from memory import said, wishes
from memory.conversations import add_metadata
from memory.models.conversation import Conversation
from memory.models.message import MAX_CONTENT, Message
from memory.models.vectors import VectorMemory
from memory.texts import clean

HEARD = "heard"


def is_written(message: Message) -> bool:
    """Say whether what was heard stands in a message already."""
    return bool(message.extra_metadata.get(HEARD))


def write(message: Message, text: str, *, language: str) -> None:
    """Let a message say what was heard in it, after what was written with it, in the open transaction; once."""
    found = Message.objects.select_related("conversation__user").select_for_update(of=("self",), no_key=True)
    locked = found.filter(pk=message.pk).first()
    if locked is None or is_written(locked):
        return
    content = "\n\n".join(part for part in (locked.content, clean(text).strip()) if part)[:MAX_CONTENT]
    Message.objects.filter(pk=locked.pk).update(content=content, language=language)
    conversation = locked.conversation
    Conversation.objects.filter(pk=conversation.pk).update(
        history_version=F("history_version") + 1, updated_at=timezone.now()
    )
    VectorMemory.objects.filter(message=locked).delete()
    locked.content, locked.language = content, language
    said.index_message(locked, user_id=conversation.user_id, title=conversation.title)
    wishes.propose_from(conversation.user, text)
    add_metadata(locked, {HEARD: True})
    message.content, message.language, message.extra_metadata = content, language, locked.extra_metadata
