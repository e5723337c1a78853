"""Reading from memory: one query function, with a mandatory owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from memory import engine, lexical
from memory.embeddings import EmbedderAway
from memory.index import IndexAway, Match
from memory.lexical import Scored
from memory.models import Collection, VectorMemory
from memory.scope import Scope
from memory.texts import clean, language_name

MAX_QUERY_CHARS = 4_000
MAX_HITS = 50
DEPTH = 40
"""How many of each ranking are fused."""
RANK_OFFSET = 60
"""The customary constant of reciprocal rank fusion: how little the very first places count more."""
BYTES_PER_TOKEN = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and why: its place in either ranking, from 1, None where it was not in it.

    The text is somebody's data, never an instruction.
    """

    id: UUID
    title: str
    text: str
    collection: str
    content_type: str
    source_file: str
    language: str
    is_verified: bool
    build_id: UUID | None
    is_shared: bool
    created_at: datetime
    score: float
    dense_rank: int | None
    similarity: float | None
    lexical_rank: int | None
    lexical_score: float | None
    is_lexical_only: bool
    """The vector index was away, so the words alone decided."""

    @property
    def source(self) -> str:
        """Say where the passage came from: ``build:…``, ``library:…`` or ``own:…``."""
        if self.build_id is not None:
            return f"build:{self.build_id}"
        return f"{'library' if self.is_shared else 'own'}:{self.source_file or self.title}"


@dataclass(frozen=True)
class _Rankings:
    dense: Sequence[Match] | None
    words: Sequence[Scored]

    def fused(self) -> dict[UUID, float]:
        """Return the reciprocal rank fusion of both."""
        scores: dict[UUID, float] = {}
        for ranking in ([match.id for match in self.dense or ()], [row.id for row in self.words]):
            for rank, row_id in enumerate(ranking, start=1):
                scores[row_id] = scores.get(row_id, 0.0) + 1 / (RANK_OFFSET + rank)
        return scores


def search(
    *,
    user_id: int,
    query: str,
    collections: Sequence[str] | None = None,
    language: str | None = None,
    limit: int = 8,
) -> list[Hit]:
    """Return the passages that fit a query best, best first, out of the owner's own and the shared library.

    The owner's filter is applied three times: in the vector index, in the search by words, and to the rows read for
    the answer, so that an index that is wrong shows nobody anything.

    :param language: a programming language; passages that serve any language fit too.
    :raises TypeError: no owner was given.
    :raises ValueError: a collection is not known.
    """
    shelves = tuple(Collection.values) if collections is None else tuple(collections)
    scope = Scope(user_id, shelves, language_name(language or "") or None)
    asked = clean(query[:MAX_QUERY_CHARS])
    if not asked.strip():
        return []
    rankings = _Rankings(_dense(scope, asked), lexical.search(scope, asked, DEPTH))
    scores = rankings.fused()
    rows = scope.rows().filter(id__in=list(scores)).defer("embedding", "terms")
    best = sorted(rows, key=lambda row: (-scores[row.id], -row.id.int))[: max(0, min(limit, MAX_HITS))]
    return [_hit(row, scores[row.id], rankings) for row in best]


def within_budget(hits: Iterable[Hit], tokens: int) -> list[Hit]:
    """Return the hits that fit into so many tokens together, best first; one that is too long is passed over."""
    chosen: list[Hit] = []
    for hit in hits:
        size = len(f"{hit.title}\n{hit.text}".encode("utf-8", "replace"))
        needed = -(-size // BYTES_PER_TOKEN)
        if needed <= tokens:
            tokens -= needed
            chosen.append(hit)
    return chosen


def _dense(scope: Scope, query: str) -> list[Match] | None:
    now = engine.current()
    try:
        return now.index.query(now.embedder.embed_query(query), scope.where(), DEPTH)
    except (IndexAway, EmbedderAway) as away:
        log.warning("memory.index.away", reason=away.code, detail=away.detail)
        return None


def _hit(row: VectorMemory, score: float, rankings: _Rankings) -> Hit:
    dense = {match.id: (rank, match.similarity) for rank, match in enumerate(rankings.dense or (), start=1)}
    words = {found.id: (rank, found.score) for rank, found in enumerate(rankings.words, start=1)}
    dense_rank, similarity = dense.get(row.id, (None, None))
    lexical_rank, lexical_score = words.get(row.id, (None, None))
    return Hit(
        id=row.id,
        title=row.title,
        text=row.content,
        collection=row.collection,
        content_type=row.content_type,
        source_file=row.source_file,
        language=row.language,
        is_verified=row.verified,
        build_id=row.build_id,
        is_shared=row.user_id is None,
        created_at=row.created_at,
        score=score,
        dense_rank=dense_rank,
        similarity=similarity,
        lexical_rank=lexical_rank,
        lexical_score=lexical_score,
        is_lexical_only=rankings.dense is None,
    )
