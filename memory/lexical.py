"""Search by words: Okapi BM25 over the rows that have the rarest of them, found by the database's own index."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from uuid import UUID

from django.db.models import Count, Q

from memory.full_text import HasWord
from memory.scope import Scope
from memory.words import content_words, words

CANDIDATES = 600
"""Rows that are scored at most; the rarest words choose them."""
MAX_TERMS = 32
_K1, _B = 1.2, 0.75


@dataclass(frozen=True)
class Scored:
    """A row that has some of the query's words."""

    id: UUID
    score: float


def terms_of(*texts: str) -> str:
    """Return what ``VectorMemory.terms`` keeps of some texts."""
    return f" {' '.join(word for text in texts for word in words(text))} "


def search(scope: Scope, query: str) -> list[Scored]:
    """Return the rows in scope that fit the query's words best, best first."""
    terms = list(dict.fromkeys(content_words(query)))[:MAX_TERMS]
    if not terms:
        return []
    total, frequency = _frequencies(scope, terms)
    rarity = {term: _rarity(total, count) for term, count in frequency.items()}
    return _bm25(rarity, _candidates(scope, frequency)) if frequency else []


def _frequencies(scope: Scope, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Return how many rows are in scope, and how many of them have each of the terms that occur.

    One pass over the scope's rows: behind row-level security PostgreSQL may not ask the index of words first.
    """
    has = {f"n{number}": Count("id", filter=Q(HasWord([term], scope.owners))) for number, term in enumerate(terms)}
    counts = scope.rows().order_by().aggregate(total=Count("id"), **has)
    return counts["total"], {term: counts[f"n{number}"] for number, term in enumerate(terms) if counts[f"n{number}"]}


def _candidates(scope: Scope, frequency: dict[str, int]) -> Sequence[tuple[UUID, str]]:
    """Return the rows that have the rarest words; what room they leave is filled with the newest of the next word's."""
    rarest, room = list[str](), CANDIDATES
    rows = scope.rows().order_by("-id")
    for term, count in sorted(frequency.items(), key=lambda pair: (pair[1], pair[0])):
        if count > room:
            rows = rows.filter(HasWord([*rarest, term], scope.owners))
            break
        rarest.append(term)
        room -= count
    else:
        rows = rows.filter(HasWord(rarest, scope.owners))
    if rarest:
        rows = rows.order_by(HasWord(rarest, scope.owners).desc(), "-id")
    return list(rows.values_list("id", "terms")[:CANDIDATES])


def _rarity(total: int, n: int) -> float:
    return log(1 + (total - n + 0.5) / (n + 0.5))


def _bm25(rarity: dict[str, float], found: Sequence[tuple[UUID, str]]) -> list[Scored]:
    """Score by term frequency, rarity and length."""
    counts = [(row_id, Counter(text.split())) for row_id, text in found]
    lengths = [count.total() for _, count in counts]
    average = sum(lengths) / max(1, len(lengths))
    scored = [
        Scored(
            row_id, sum(rarity[term] * _saturated(count[term], length / average) for term in rarity if term in count)
        )
        for (row_id, count), length in zip(counts, lengths, strict=True)
    ]
    return sorted(scored, key=lambda row: (-row.score, row.id))


def _saturated(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
