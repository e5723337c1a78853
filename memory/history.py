"""The newest messages of a conversation, out of the cache where it has them.

A window's key names the number of its last message and how often messages went (``history_version``), both read from
the conversation's row. What stands under a key never has to change, so that no process can read a stale one; a cache
that is away, or has forgotten it, costs one more query.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from memory.models.conversation import Conversation
from memory.models.message import Message

WINDOW = 50
CACHED_SECONDS = 900
MAX_CACHED = 200_000
"""Characters; a window that is longer is read from the table each time."""
_COLUMNS = ("seq", "role", "author", "content", "created_at", "message_type")
_Row = tuple[Any, ...]


@dataclass(frozen=True)
class Turn:
    """One message, as much of it as a reader or a model needs."""

    seq: int
    role: str
    author: str
    content: str
    created_at: datetime
    message_type: str


def recent_history(conversation: Conversation, limit: int = WINDOW) -> tuple[Turn, ...]:
    """Return the newest messages, oldest first; none of a conversation that is gone.

    :param limit: at most ``WINDOW``.
    """
    asked = Conversation.objects.filter(pk=conversation.pk).values_list("last_seq", "history_version").first()
    if asked is None:
        return ()
    last_seq, version = asked
    rows: list[_Row] | None = cache.get(_key(conversation.pk, last_seq, version))
    if rows is None:
        rows = _stored(conversation.pk, last_seq)
        _cache(conversation.pk, last_seq, version, rows)
    count = max(0, min(limit, WINDOW))
    return tuple(Turn(*row) for row in rows[len(rows) - count if count < len(rows) else 0 :])


def write_through(message: Message, version: int) -> None:
    """Put the window with a message that is just being stored into the cache on commit, if the one before is there."""

    def write() -> None:
        before: list[_Row] | None = cache.get(_key(message.conversation_id, message.seq - 1, version))
        if before is not None or message.seq == 1:
            row = tuple(getattr(message, name) for name in _COLUMNS)
            _set(message.conversation_id, message.seq, version, [*(before or []), row][-WINDOW:])

    transaction.on_commit(write, robust=True)


def forget_window(conversation: Conversation) -> None:
    """Take the newest window of a conversation that is deleted out of the cache on commit."""
    key = _key(conversation.pk, conversation.last_seq, conversation.history_version)
    transaction.on_commit(lambda: cache.delete(key), robust=True)


def _stored(conversation_id: UUID, last_seq: int) -> list[_Row]:
    messages = Message.objects.filter(conversation_id=conversation_id, seq__lte=last_seq)
    return list(messages.order_by("-seq").values_list(*_COLUMNS)[:WINDOW])[::-1]


def _cache(conversation_id: UUID, last_seq: int, version: int, rows: list[_Row]) -> None:
    # Inside a transaction only once it is committed: what is undone never was.
    transaction.on_commit(lambda: _set(conversation_id, last_seq, version, rows), robust=True)


def _set(conversation_id: UUID, last_seq: int, version: int, rows: list[_Row]) -> None:
    if sum(len(row[3]) for row in rows) <= MAX_CACHED:
        cache.set(_key(conversation_id, last_seq, version), rows, CACHED_SECONDS)


def _key(conversation_id: UUID, last_seq: int, version: int) -> str:
    return f"memory.history.2.{conversation_id}.{last_seq}.{version}"
