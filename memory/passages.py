"""Single passages, as their reader sees them."""

from uuid import UUID

from agentsite.accounts.models import User
from memory.models.vectors import VectorMemory
from memory.scope import Scope


def find_passage(user: User, passage_id: UUID) -> VectorMemory | None:
    """Return one of somebody's passages, or of the library's; None where there is none that they may read.

    It says as ``is_excluded`` whether they keep it out of their builds.
    """
    scope = Scope(user.id)
    return scope.telling(scope.rows()).filter(pk=passage_id).defer("embedding", "terms").first()
