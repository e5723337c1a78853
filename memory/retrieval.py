"""Reading from memory: one query function, with a mandatory owner."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.utils import timezone

from memory import dense, engine, lexical, uses
from memory.dense import stored_vector
from memory.models.vectors import VectorMemory
from memory.ranking import ALL_SIGNALS, Candidate, Ranked, Signals, rank
from memory.said import conversation_of
from memory.scope import Scope
from memory.texts import clean
from memory.vectors import Vector

MAX_QUERY_CHARS = 4_000
MAX_HITS = 50
DEPTH = 40
"""How many of each list become candidates."""
BYTES_PER_TOKEN = 4


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and why.

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
    is_excluded: bool
    build_id: UUID | None
    is_shared: bool
    created_at: datetime
    score: float
    parts: Mapping[str, float]
    """What each signal of ``memory.ranking`` gave; their sum is the score."""
    similarity: float | None
    """Cosine of query and passage, from -1 to 1; None where no vector could be compared."""
    lexical_score: float | None
    """BM25; None where it has none of the query's words."""
    is_lexical_only: bool
    """The vector index was away, so the words alone decided."""

    @property
    def relevance(self) -> float:
        """Return what likeness and words gave, without what is known of the passage."""
        return self.parts["dense"] + self.parts["lexical"]

    @property
    def source(self) -> str:
        """Say where the passage came from: ``build:…``, ``conversation:…``, ``library:…`` or ``own:…``."""
        if self.build_id is not None:
            return f"build:{self.build_id}"
        place = "library" if self.is_shared else "conversation" if self.conversation_id else "own"
        return f"{place}:{self.source_file or self.title}"

    @property
    def conversation_id(self) -> str:
        """Return the conversation that it was said in; empty for everything else."""
        return conversation_of(self.collection, self.source_file)


def search(scope: Scope, query: str, *, limit: int = 8, signals: Signals = ALL_SIGNALS) -> list[Hit]:
    """Return the passages that fit a query best, best first, out of the owner's own and the shared library.

    The owner's filter is applied three times: in the vector index, in the index of words, and to the rows read for
    the answer, so that an index that is wrong shows nobody anything.
    """
    asked, limit = clean(query[:MAX_QUERY_CHARS]), max(0, min(limit, MAX_HITS))
    if not asked.strip() or not limit:
        return []
    found = _found(scope, asked, signals)
    rows = {row.id: row for row in scope.telling(scope.rows()).filter(id__in=found.ids()).defer("terms")}
    seen = uses.counts(scope.user_id, list(rows)) if signals.helpfulness else {}
    candidates = {row.id: found.candidate(row, seen.get(row.id, uses.Seen())) for row in rows.values()}
    best = rank(list(candidates.values()), signals, timezone.now(), limit)
    return [_hit(rows[ranked.id], ranked, candidates[ranked.id], found) for ranked in best]


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


@dataclass(frozen=True)
class _Found:
    """What both searches found."""

    query: "Vector | None"
    dense: Mapping[UUID, float] | None
    """Cosines; None when the vector index was away."""
    words: Mapping[UUID, float]
    """BM25 scores, best first."""

    def ids(self) -> set[UUID]:
        return {*(self.dense or {}), *islice(self.words, DEPTH)}

    def candidate(self, row: VectorMemory, seen: uses.Seen) -> Candidate:
        vector = stored_vector(row) if self._is_comparable(row) else None
        similarity = (self.dense or {}).get(row.id)
        if similarity is None and self.dense is not None and vector is not None and self.query is not None:
            similarity = float(vector @ self.query)
        return Candidate(
            row.id,
            similarity,
            self.words.get(row.id),
            row.created_at,
            row.importance,
            row.verified,
            seen.shown,
            seen.helped,
            vector,
        )

    def _is_comparable(self, row: VectorMemory) -> bool:
        is_ours = row.embedding_model == engine.current().embedder.fingerprint
        return is_ours and (self.query is None or row.embedding_dimension == len(self.query))


def _found(scope: Scope, query: str, signals: Signals) -> _Found:
    vector = dense.vector_of(query) if signals.dense else None
    matches = dense.search(scope, vector, DEPTH) if vector is not None else None
    words = lexical.search(scope, query) if signals.lexical or matches is None else []
    return _Found(vector, matches, {row.id: row.score for row in words})


def _hit(row: VectorMemory, ranked: Ranked, candidate: Candidate, found: _Found) -> Hit:
    return Hit(
        id=row.id,
        title=row.title,
        text=row.content,
        collection=row.collection,
        content_type=row.content_type,
        source_file=row.source_file,
        language=row.language,
        is_verified=row.verified,
        is_excluded=bool(vars(row)["is_excluded"]),  # an annotation of ``Scope.telling``
        build_id=row.build_id,
        is_shared=row.user_id is None,
        created_at=row.created_at,
        score=ranked.score,
        parts=ranked.parts,
        similarity=candidate.similarity,
        lexical_score=candidate.lexical_score,
        is_lexical_only=found.dense is None,
    )
