"""What was said, on the shelf of conversations: each message as passages that go with it."""

from memory import services
from memory.models.message import Message, MessageRole
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.services import Document

SHORTEST = 20
"""Characters; a shorter message says nothing without those around it."""


def conversation_of(collection: str, source_file: str) -> str:
    """Return which conversation a passage was said in; empty for one that was written elsewhere."""
    return source_file.partition("#")[0] if collection == Collection.CONVERSATIONS else ""


def index_message(message: Message, *, user_id: int, title: str) -> int:
    """Store a message as passages in the open transaction; return how many. Notes of the system are left out."""
    if message.role == MessageRole.SYSTEM or len(message.content.strip()) < SHORTEST:
        return 0
    document = Document(
        title, message.content, f"{message.conversation_id}#{message.seq}", content_type=ContentType.MESSAGE.value
    )
    rows = {row.content_hash: row for row in services.rows_of(document)}.values()  # what repeats itself stands once
    for row in rows:
        row.user_id, row.message_id, row.collection = user_id, message.pk, Collection.CONVERSATIONS
    VectorMemory.objects.bulk_create(rows)
    services.follow_on_commit()
    return len(rows)
