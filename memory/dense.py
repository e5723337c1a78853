"""Search by likeness: the vector index, or the table's own vectors where a scope is too narrow for the index."""

from collections.abc import Mapping
from uuid import UUID

import structlog

from memory import engine
from memory.embeddings import EmbedderAway
from memory.index import IndexAway, nearest
from memory.models.vectors import VectorMemory
from memory.scope import Scope
from memory.vectors import Vector

NARROW_ROWS = 1_000
"""Newest rows of a narrow scope that are compared one by one."""

log = structlog.get_logger(__name__)


def vector_of(query: str) -> "Vector | None":
    """Return the query's vector; None when the embedder is away."""
    try:
        return engine.current().embedder.embed_query(query)
    except EmbedderAway as away:
        log.warning("memory.index.away", reason=away.code, detail=away.detail)
        return None


def search(scope: Scope, query: Vector, limit: int) -> Mapping[UUID, float] | None:
    """Return the cosines of the rows that are most like a query; None when the index is away."""
    if scope.is_narrow:
        fingerprint = engine.current().embedder.fingerprint
        comparable = scope.rows().filter(embedding_model=fingerprint, embedding_dimension=len(query))
        rows = comparable.order_by("-id")
        vectors = [(row.id, stored_vector(row)) for row in rows.only("id", "embedding")[:NARROW_ROWS]]
        return {match.id: match.similarity for match in nearest(query, vectors, limit)}
    try:
        return {match.id: match.similarity for match in engine.current().index.query(query, scope.where(), limit)}
    except IndexAway as away:
        log.warning("memory.index.away", reason=away.code, detail=away.detail)
        return None


def stored_vector(row: VectorMemory) -> Vector:
    """Return the vector that the table holds.

    :raises ValueError: the passage was not embedded yet.
    """
    import numpy as np

    if row.embedding is None:
        raise ValueError(row.id)
    return np.frombuffer(bytes(row.embedding), dtype="<f4")
