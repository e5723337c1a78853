"""Searches on somebody's behalf, on record: who searched where and how much was asked, never for what.

A hash of a query would tell it to whoever guesses it, for queries are short; so its length is all that is kept.
"""

from django.db import transaction
from django.db.models import QuerySet

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from memory import conversations, retrieval
from memory.models.message import Message
from memory.retrieval import Hit
from memory.scope import Scope


def search(user: User, scope: Scope, query: str, *, door: str, limit: int = 8) -> list[Hit]:
    """Search as ``retrieval`` answers.

    :param door: what asked: ``api``, ``web``, ``admin`` or ``build:…``.
    :raises ValueError: the scope is somebody else's, and no operator asks.
    """
    if scope.user_id != user.id and not user.is_operator:
        raise ValueError("memory.scope_of_another")
    hits = retrieval.search(scope, query, limit=limit)
    where = {"door": door, "of": scope.user_id, "collections": list(scope.collections)}
    _note("memory.searched", user, {**where, "chars": len(query), "found": len(hits)})
    return hits


def search_messages(user: User, words: str, *, door: str) -> QuerySet[Message]:
    """Return somebody's own messages that hold all of some words, newest first.

    :param door: what asked: ``api`` or ``web``.
    """
    _note("conversation.searched", user, {"door": door, "chars": len(words)})
    return conversations.search_messages(user, words)


@transaction.atomic
def _note(action: str, user: User, details: dict[str, object]) -> None:
    audit.record(action, user=user, details=details, category=Category.ACCESS)
