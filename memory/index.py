"""The vector index: what every implementation promises, and the exact one that lives in the process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol
from uuid import UUID

from memory.vectors import Vector


class IndexAway(Exception):
    """The vector index cannot answer now; the table still can.

    :param code: ``memory.index.locked``, ``memory.index.unreachable`` or ``memory.index.failed``.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Entry:
    """A vector with what it is filtered by."""

    id: UUID
    collection: str
    owner: str
    language: str
    vector: Vector


@dataclass(frozen=True)
class Where:
    """Which entries a query may see; somebody must own them."""

    owners: tuple[str, ...]
    collections: tuple[str, ...]
    language: str | None = None
    """Entries in this language and those without one; None: all."""

    def __post_init__(self) -> None:
        if not self.owners or not all(self.owners):
            raise ValueError("memory.owner_required")

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that fit, nothing where all do."""
        return () if self.language is None else (self.language, "")


@dataclass(frozen=True, order=True)
class Match:
    """An entry that was found; similarity is the cosine, from -1 to 1."""

    similarity: float
    id: UUID


class VectorIndex(Protocol):
    """Vectors of one embedder, found by similarity; safe to call from several threads.

    Each method raises IndexAway when the index cannot answer.
    """

    @property
    def engine(self) -> str:
        """What it is, in words for the operator."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Put entries in; one that was there is replaced."""

    def delete(self, ids: Sequence[UUID]) -> None:
        """Take entries out, whatever collection or embedder they belong to; unknown ones are ignored."""

    def query(self, vector: Vector, where: Where, k: int) -> list[Match]:
        """Return the nearest entries that the filter lets through, best first, at most ``k`` of them."""

    def count(self, collection: str) -> int:
        """Say how many entries a collection has."""

    def ping(self) -> None:
        """Do nothing if it could answer now; quickly, and without loading what is not loaded."""

    def ids(self, collection: str) -> Iterator[UUID]:
        """Yield the entries of a collection, in no order; what is added or deleted meanwhile may be missed."""

    def clear(self) -> None:
        """Take everything out, also what other embedders left."""

    def close(self) -> None:
        """Let go of files and connections; the next call opens them again."""


class MemoryIndex:
    """Exact cosine over a dictionary: for tests, and the yardstick for the others."""

    engine = "in process"

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._entries: dict[UUID, Entry] = {}
        self._lock = Lock()

    def add(self, entries: Sequence[Entry]) -> None:
        """Put entries in; one that was there is replaced."""
        if any(len(entry.vector) != self._dimension for entry in entries):
            raise IndexAway("memory.index.failed", "dimension")
        with self._lock:
            self._entries |= {entry.id: entry for entry in entries}

    def delete(self, ids: Sequence[UUID]) -> None:
        """Take entries out; unknown ones are ignored."""
        with self._lock:
            for entry_id in ids:
                self._entries.pop(entry_id, None)

    def query(self, vector: Vector, where: Where, k: int) -> list[Match]:
        """Return the nearest entries that the filter lets through, best first, at most ``k`` of them."""
        if len(vector) != self._dimension:
            raise IndexAway("memory.index.failed", "dimension")
        return nearest(vector, list(self._visible(where)), k)

    def _visible(self, where: Where) -> Iterator[tuple[UUID, Vector]]:
        with self._lock:
            entries = list(self._entries.values())
        for entry in entries:
            is_ours = entry.owner in where.owners and entry.collection in where.collections
            if is_ours and (where.language is None or entry.language in where.languages):
                yield entry.id, entry.vector

    def count(self, collection: str) -> int:
        """Say how many entries a collection has."""
        with self._lock:
            return sum(entry.collection == collection for entry in self._entries.values())

    def ping(self) -> None:
        """Do nothing: it is always there."""

    def ids(self, collection: str) -> Iterator[UUID]:
        """Yield the entries of a collection, in no order."""
        with self._lock:
            yield from [entry.id for entry in self._entries.values() if entry.collection == collection]

    def clear(self) -> None:
        """Take everything out."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Do nothing: there are no files and no connections."""


def nearest(vector: Vector, candidates: Sequence[tuple[UUID, Vector]], k: int) -> list[Match]:
    """Rank vectors of length one by cosine, exactly; equal ones by id, so that the order is always the same."""
    import numpy as np

    if not candidates or k <= 0:
        return []
    similarities = np.stack([candidate for _, candidate in candidates]) @ vector
    matches = [
        Match(float(similarity), entry_id) for similarity, (entry_id, _) in zip(similarities, candidates, strict=True)
    ]
    return best(matches, k)


def best(matches: Sequence[Match], k: int) -> list[Match]:
    """Return the ``k`` best matches, best first."""
    return sorted(matches, key=lambda match: (-match.similarity, match.id))[:k]
