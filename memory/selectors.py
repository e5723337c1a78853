"""Questions about memory itself."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.db.models.functions import Length

from memory import engine
from memory.index import IndexAway
from memory.models.vectors import Collection, VectorMemory, VectorTombstone

SHELVES_SECONDS = 60


@dataclass(frozen=True)
class Shelf:
    """A collection, and what stands in it."""

    collection: str
    label: str
    passages: int
    characters: int
    owners: int
    waiting: int
    """Passages that the vector index has yet to get."""


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


@dataclass(frozen=True)
class IndexAnswer:
    """Whether the vector index could answer now."""

    engine: str
    reason: str = ""
    """Dotted code when it could not, as in ``IndexHealth``."""


def ping_index() -> IndexAnswer:
    """Ask the index for a sign of life; cheaper than ``index_health``, and without the database."""
    index = engine.current().index
    try:
        index.ping()
    except IndexAway as away:
        return IndexAnswer(index.engine, away.code)
    return IndexAnswer(index.engine)


def shelves() -> list[Shelf]:
    """Return every collection with its counts, at most a minute old: they look at every row."""
    counted: dict[str, dict[str, int]] | None = cache.get("memory-shelves")
    if counted is None:
        counted = _count_shelves()
        cache.set("memory-shelves", counted, SHELVES_SECONDS)
    nothing = {"passages": 0, "characters": 0, "owners": 0, "waiting": 0}
    return [Shelf(name, str(label), **counted.get(name, nothing)) for name, label in Collection.choices]


def _count_shelves() -> dict[str, dict[str, int]]:
    rows = VectorMemory.objects.order_by().values("collection")
    counted: Any = rows.annotate(
        passages=Count("id"),
        characters=Sum(Length("content")),
        owners=Count("user", distinct=True),
        waiting=Count("id", filter=Q(is_indexed=False)),
    )
    names = ("passages", "characters", "owners", "waiting")
    return {row["collection"]: {name: row[name] or 0 for name in names} for row in counted}


def index_health() -> IndexHealth:
    """Ask the index to answer; without it, searches go by words alone."""
    now = engine.current()
    waiting = VectorMemory.objects.filter(is_indexed=False).count() + VectorTombstone.objects.count()
    try:
        now.index.count(Collection.CODE)
    except IndexAway as away:
        return IndexHealth(False, now.index.engine, now.embedder.fingerprint, away.code, waiting)
    return IndexHealth(True, now.index.engine, now.embedder.fingerprint, waiting=waiting)
