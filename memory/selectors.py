"""Questions about memory itself."""

from dataclasses import dataclass

from memory import engine
from memory.index import IndexAway
from memory.models.vectors import Collection, VectorMemory, VectorTombstone


@dataclass(frozen=True)
class IndexHealth:
    """Whether the vector index answers, and how far it is behind the table."""

    is_available: bool
    engine: str
    embedder: str
    reason: str = ""
    """Dotted code when it does not answer: ``memory.index.locked``, ``….unreachable`` or ``….failed``."""
    waiting: int = 0
    """Passages and deletions the index has yet to follow."""


def index_health() -> IndexHealth:
    """Ask the index to answer; without it, searches go by words alone."""
    now = engine.current()
    waiting = VectorMemory.objects.filter(is_indexed=False).count() + VectorTombstone.objects.count()
    try:
        now.index.count(Collection.CODE)
    except IndexAway as away:
        return IndexHealth(False, now.index.engine, now.embedder.fingerprint, away.code, waiting)
    return IndexHealth(True, now.index.engine, now.embedder.fingerprint, waiting=waiting)
