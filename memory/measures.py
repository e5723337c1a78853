"""What is counted of the vector index: a wrapper around it that counts and times, and changes nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from agentsite.common.measures import SHORT_SECONDS, counter, histogram
from memory.index import Entry, IndexAway, Match, VectorIndex, Where
from memory.vectors import Vector

T = TypeVar("T")
OPERATIONS = histogram(
    "agentsite_vector_seconds",
    "How long the vector index took to upsert, query, delete, count or clear.",
    "operation",
    buckets=SHORT_SECONDS,
)
FAILURES = counter("agentsite_vector_failures_total", "What the vector index could not do.", "operation", "code")


class MeasuredIndex:
    """An index whose work is counted and timed."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    @property
    def engine(self) -> str:
        """What it is, in words for the operator."""
        return self._index.engine

    def add(self, entries: Sequence[Entry]) -> None:
        """Put entries in."""
        _measured("upsert", lambda: self._index.add(entries))

    def delete(self, ids: Sequence[UUID]) -> None:
        """Take entries out."""
        _measured("delete", lambda: self._index.delete(ids))

    def query(self, vector: Vector, where: Where, k: int) -> list[Match]:
        """Return the nearest entries."""
        return _measured("query", lambda: self._index.query(vector, where, k))

    def count(self, collection: str) -> int:
        """Say how many entries a collection has."""
        return _measured("count", lambda: self._index.count(collection))

    def ids(self, collection: str) -> Iterator[UUID]:
        """Yield the entries of a collection."""
        return self._index.ids(collection)

    def clear(self) -> None:
        """Take everything out."""
        _measured("clear", self._index.clear)

    def ping(self) -> None:
        """Ask whether it answers."""
        self._index.ping()

    def close(self) -> None:
        """Let go of files and connections."""
        self._index.close()


def _measured(operation: str, act: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        done = act()
    except IndexAway as error:
        FAILURES.labels(operation, error.code).inc()
        raise
    OPERATIONS.labels(operation).observe(time.monotonic() - began)
    return done
