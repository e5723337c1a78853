"""From two lists of candidates to one order: fused, weighted by what is known of each passage, diversified.

Relevance is a weighted sum of cosine and BM25, each divided by the best one of this search; such a convex combination
keeps the distances that reciprocal ranks throw away (Bruch et al., 2023). What is known of a passage raises or lowers
its relevance by a share of it. Diversity chooses greedily, as maximal marginal relevance does (Carbonell and Goldstein,
1998), but lowers only what is nearly the same as something chosen before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from memory.vectors import Vector

DENSE, LEXICAL = 0.4, 0.6
RECENCY, IMPORTANCE, VERIFIED, HELPFULNESS = 0.1, 0.1, 0.15, 0.3
HALF_LIFE_DAYS = 180.0
NEARLY_THE_SAME = 0.8
"""Cosine of two passages from which the second one says less and less that is new."""
DIVERSITY = 0.5
"""What a word-for-word copy of a chosen passage loses of its score."""


@dataclass(frozen=True)
class Signals:
    """What counts; each can be switched off, so that its worth can be measured."""

    dense: bool = True
    lexical: bool = True
    recency: bool = True
    importance: bool = True
    verified: bool = True
    helpfulness: bool = True
    diversity: bool = True

    @classmethod
    def only(cls, *names: str) -> "Signals":
        """Switch on the named ones alone."""
        return cls(**{field.name: field.name in names for field in fields(cls)})


ALL_SIGNALS = Signals()


@dataclass(frozen=True)
class Candidate:
    """A passage that was found, and what is known of it."""

    id: UUID
    similarity: float | None
    """Cosine of query and passage; None where there is no vector to compare."""
    lexical_score: float | None
    """BM25; None where it has none of the words, or was not scored."""
    created_at: datetime
    importance: float = 0.5
    is_verified: bool = False
    shown: int = 0
    """In how many of the owner's builds it was in the context before."""
    helped: int = 0
    """How many of those were verified."""
    vector: "Vector | None" = None


@dataclass(frozen=True)
class Ranked:
    """A candidate in its place; ``parts`` says what each signal gave, and their sum is the score."""

    id: UUID
    parts: Mapping[str, float]

    @property
    def score(self) -> float:
        """Return what all signals gave together."""
        return sum(self.parts.values())


def rank(candidates: Sequence[Candidate], signals: Signals, now: datetime, limit: int) -> list[Ranked]:
    """Return the best candidates, best first; equal ones newest first."""
    scored = [Ranked(row.id, parts) for row, parts in zip(candidates, _parts(candidates, signals, now), strict=True)]
    scored.sort(key=lambda ranked: (-ranked.score, -ranked.id.int))
    if not signals.diversity:
        return scored[:limit]
    vectors = {row.id: row.vector for row in candidates if row.vector is not None}
    return _diversified(scored, vectors, limit)


def _parts(candidates: Sequence[Candidate], signals: Signals, now: datetime) -> list[dict[str, float]]:
    best_cosine = max((row.similarity or 0.0 for row in candidates), default=0.0)
    best_bm25 = max((row.lexical_score or 0.0 for row in candidates), default=0.0)
    found = []
    for row in candidates:
        relevance = {
            "dense": DENSE * _share(row.similarity, best_cosine) if signals.dense else 0.0,
            "lexical": LEXICAL * _share(row.lexical_score, best_bm25) if signals.lexical else 0.0,
        }
        known = {
            "recency": RECENCY * 0.5 ** (_age_days(row, now) / HALF_LIFE_DAYS),
            "importance": IMPORTANCE * (2 * row.importance - 1),
            "verified": VERIFIED * row.is_verified,
            "helpfulness": HELPFULNESS * ((row.helped + 1) / (row.shown + 2) - 0.5),
        }
        total = sum(relevance.values())
        found.append(relevance | {name: total * share for name, share in known.items() if getattr(signals, name)})
    return found


def _share(value: float | None, best: float) -> float:
    return max(0.0, value or 0.0) / best if best > 0 else 0.0


def _age_days(row: Candidate, now: datetime) -> float:
    return max(0.0, (now - row.created_at).total_seconds() / 86_400)


def _diversified(scored: list[Ranked], vectors: Mapping[UUID, Vector], limit: int) -> list[Ranked]:
    """Choose the best again and again, each time less what resembles those that were chosen."""
    left, chosen, likeness = list(scored), list[Ranked](), dict[UUID, float]()
    while left and len(chosen) < limit:
        best = max(left, key=lambda ranked: _less(ranked, likeness).score)
        left.remove(best)
        chosen.append(_less(best, likeness))
        for ranked in left:
            if best.id in vectors and ranked.id in vectors:
                alike = float(vectors[best.id] @ vectors[ranked.id])
                likeness[ranked.id] = max(alike, likeness.get(ranked.id, 0.0))
    return chosen


def _less(ranked: Ranked, likeness: Mapping[UUID, float]) -> Ranked:
    excess = max(0.0, likeness.get(ranked.id, 0.0) - NEARLY_THE_SAME) / (1 - NEARLY_THE_SAME)
    return Ranked(ranked.id, {**ranked.parts, "diversity": -DIVERSITY * excess * ranked.score})
