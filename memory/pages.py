"""What memory's pages show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from agentsite.accounts.models import User
from memory import conversations, facts, memories, searching
from memory.attachments.selectors import with_files
from memory.models.conversation import Conversation, ConversationStatus
from memory.models.fact import Fact
from memory.models.memory import Memory, MemoryType
from memory.models.message import Message

M = TypeVar("M", bound=Model)
PAGE, MESSAGES, PROPOSALS = 25, 50, 100
_LONGEST_SEARCH = 200
_MAX_DIGITS = 18


@dataclass(frozen=True)
class MemoryRow:
    """One memory in a list."""

    memory: Memory
    text: str


@dataclass(frozen=True)
class MemoriesPage:
    """Proposals, what is kept, and facts; ``older…`` are the queries of further pages, empty on the last."""

    proposals: tuple[MemoryRow, ...]
    kept: tuple[MemoryRow, ...]
    facts: tuple[Fact, ...]
    words: str
    memory_type: str
    older: str
    older_facts: str
    is_first: bool

    @property
    def is_narrowing(self) -> bool:
        """Say whether anything is left out on purpose."""
        return bool(self.words or self.memory_type)


@dataclass(frozen=True)
class HistoryPage:
    """Conversations, those first in which something was said last, or what a search has found in them."""

    conversations: tuple[Conversation, ...]
    found: tuple[Message, ...]
    words: str
    status: str
    older: str
    is_first: bool


@dataclass(frozen=True)
class ConversationPage:
    """Messages of a conversation, oldest of them first; ``older`` is the query of those before."""

    messages: tuple[Message, ...]
    older: str
    is_first: bool


def memories_page(user: User, query: Mapping[str, str]) -> MemoriesPage:
    """Return what the address asks for; values that are none narrow nothing."""
    words, memory_type = _words(query), query.get("type", "")
    memory_type = memory_type if memory_type in MemoryType.values else ""
    mine = memories.memories_of(user)
    kept = mine.filter(is_proposed=False, key__icontains=words)
    if memory_type:
        kept = kept.filter(memory_type=memory_type)
    before, before_fact = _uuid(query.get("before", "")), _number(query.get("facts", ""))
    rows, last = _page(kept, before, PAGE)
    sentences, last_fact = _page(facts.facts_of(user), before_fact, PAGE)
    return MemoriesPage(
        proposals=tuple(map(_row, mine.filter(is_proposed=True)[:PROPOSALS])),
        kept=tuple(map(_row, rows)),
        facts=tuple(sentences),
        words=words,
        memory_type=memory_type,
        older=_query(q=words, type=memory_type, before=last) if last else "",
        older_facts=_query(facts=last_fact) if last_fact else "",
        is_first=before is None and before_fact is None,
    )


def history_page(user: User, query: Mapping[str, str]) -> HistoryPage:
    """Return what the address asks for; values that are none narrow nothing."""
    words, status = _words(query), query.get("status", "")
    status = status if status in ConversationStatus.values else ""
    if words:
        before_message = _number(query.get("before", ""))
        found, last_found = _page(searching.search_messages(user, words, door="web"), before_message, PAGE)
        older = _query(q=words, before=last_found) if last_found else ""
        return HistoryPage((), tuple(found), words, status, older, before_message is None)
    before = _place(query.get("before", ""))
    mine = conversations.conversations_of(user).order_by("-updated_at", "-id")
    rows, last = _talks(mine.filter(status=status) if status else mine, before)
    return HistoryPage(tuple(rows), (), "", status, _query(status=status, before=last) if last else "", before is None)


def conversation_page(conversation: Conversation, query: Mapping[str, str]) -> ConversationPage:
    """Return the newest messages, or those before the one that the address names."""
    before = _number(query.get("before", ""))
    messages = with_files(conversations.messages_of(conversation))
    found = list((messages.filter(seq__lt=before) if before else messages)[: MESSAGES + 1])
    older = _query(before=str(found[MESSAGES - 1].seq)) if len(found) > MESSAGES else ""
    return ConversationPage(tuple(found[:MESSAGES][::-1]), older, before is None)


def shown(value: Any) -> str:
    """Return a remembered value as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _row(memory: Memory) -> MemoryRow:
    return MemoryRow(memory, shown(memory.value))


def _page(rows: QuerySet[M], before: object, size: int) -> tuple[Sequence[M], str]:
    """Return a page of rows, and the key after which the next begins, empty on the last."""
    found = list((rows.filter(pk__lt=before) if before else rows)[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else ""


def _talks(rows: QuerySet[Conversation], before: tuple[datetime, UUID] | None) -> tuple[list[Conversation], str]:
    """Return a page of conversations, and the place of its last one, empty on the last page."""
    if before:
        moment, key = before
        rows = rows.filter(Q(updated_at__lt=moment) | Q(updated_at=moment, pk__lt=key))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], f"{last.updated_at.isoformat()} {last.pk}" if last else ""


def _words(query: Mapping[str, str]) -> str:
    text = query.get("q", "").replace("\0", "").encode("utf-8", "replace").decode()
    return " ".join(text.split())[:_LONGEST_SEARCH]


def _query(**named: str) -> str:
    return urlencode({name: value for name, value in named.items() if value})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None


def _place(text: str) -> tuple[datetime, UUID] | None:
    written, _, key = text.partition(" ")
    try:
        moment, last = datetime.fromisoformat(written), UUID(key)
        return (moment.astimezone(UTC), last) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
