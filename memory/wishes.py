"""Standing wishes in what somebody writes ("I prefer …", "always …"), proposed to be kept. In English so far."""

import re
from uuid import UUID

import structlog

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from memory import memories
from memory.models.memory import MemoryType

log = structlog.get_logger(__name__)
MAX_WISHES, MAX_SENTENCE, LEAST_SENTENCE = 3, 300, 12
MAX_READ = 20_000
IMPORTANCE = 0.6
_STANDING = re.compile(
    r"\b(always|never|from now on|in all (?:my|our) |i prefer|we prefer|please avoid)\b", re.IGNORECASE
)
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def standing(text: str) -> list[str]:
    """Return the first sentences of a text that state a wish for good."""
    sentences = (" ".join(each.split()) for each in _END_OF_SENTENCE.split(text[:MAX_READ]) if _STANDING.search(each))
    return [each for each in sentences if LEAST_SENTENCE <= len(each) <= MAX_SENTENCE][:MAX_WISHES]


def propose_from(user: User, text: str, *, source_build_id: UUID | None = None) -> int:
    """Propose the standing wishes of a text; return how many are new."""
    return sum(
        propose(user, MemoryType.PREFERENCE, each[:120], each, source_build_id=source_build_id)
        for each in standing(text)
    )


def propose(user: User, memory_type: str, key: str, text: str, *, source_build_id: UUID | None = None) -> bool:
    """Propose one thing and say whether it is new; what can't be kept, or has no room, is left out."""
    try:
        made = memories.propose(
            user=user,
            memory_type=memory_type,
            key=key,
            value=text,
            importance=IMPORTANCE,
            source_build_id=source_build_id,
        )
    except AppError as refusal:
        log.info("memory.proposal_refused", code=refusal.code)
        return False
    return made[1]
