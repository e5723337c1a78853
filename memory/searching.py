"""Searches on somebody's behalf: as ``retrieval`` answers them, and on record."""

from django.db import transaction

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from memory import retrieval
from memory.retrieval import Hit
from memory.scope import Scope


def search(user: User, scope: Scope, query: str, *, door: str, limit: int = 8) -> list[Hit]:
    """Search, and write down who searched where and how much was found, never for what.

    :param door: what asked: ``api``, ``web``, ``admin`` or ``build:…``.
    :raises ValueError: the scope is somebody else's, and no operator asks.
    """
    if scope.user_id != user.id and not user.is_operator:
        raise ValueError("memory.scope_of_another")
    hits = retrieval.search(scope, query, limit=limit)
    with transaction.atomic():
        audit.record(
            "memory.searched",
            user=user,
            details={"door": door, "of": scope.user_id, "collections": list(scope.collections), "found": len(hits)},
            category=Category.ACCESS,
        )
    return hits
