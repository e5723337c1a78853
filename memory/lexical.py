"""Search by words: BM25 over a bounded number of rows, in SQL that every database understands."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from math import log
from operator import add
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from memory.models.vectors import VectorMemory
from memory.scope import Scope
from memory.words import content_words, words

WINDOW = 2_000
"""Newest rows of an owner, and of the library, that are looked at."""
CANDIDATES = 200
MAX_TERMS = 12
_K1, _B = 1.2, 0.75


@dataclass(frozen=True)
class Scored:
    """A row that has some of the query's words."""

    id: UUID
    score: float


def terms_of(*texts: str) -> str:
    """Return what ``VectorMemory.terms`` keeps of some texts."""
    return f" {' '.join(word for text in texts for word in words(text))} "


def search(scope: Scope, query: str, limit: int) -> list[Scored]:
    """Return the rows in scope that fit the query's words best, best first."""
    terms = list(dict.fromkeys(content_words(query)))[:MAX_TERMS]
    if not terms:
        return []
    found = list(chain(_candidates(scope.own(), terms), _candidates(scope.library(), terms)))
    return _bm25(terms, found)[:limit]


def _candidates(rows: QuerySet[VectorMemory], terms: Sequence[str]) -> QuerySet[VectorMemory, tuple[UUID, str]]:
    """Take the rows with the most of the terms; own rows and library apart, so that neither crowds out the other."""
    newest = rows.order_by("-id").values("id")[:WINDOW]
    matched = reduce(add, (_has(term) for term in terms))
    found = rows.filter(id__in=newest).annotate(matched=matched).filter(matched__gt=0)
    return found.order_by("-matched", "-id").values_list("id", "terms")[:CANDIDATES]


def _has(term: str) -> Case:
    return Case(When(terms__contains=f" {term} ", then=Value(1)), default=Value(0), output_field=IntegerField())


def _bm25(terms: Sequence[str], found: Sequence[tuple[UUID, str]]) -> list[Scored]:
    """Score by term frequency, rarity among the candidates, and length."""
    if not found:
        return []
    counts = [(row_id, Counter(text.split())) for row_id, text in found]
    lengths = [count.total() for _, count in counts]
    average = sum(lengths) / len(lengths)
    frequency = {term: sum(term in count for _, count in counts) for term in terms}
    rarity = {term: log(1 + (len(found) - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
    scored = [
        Scored(
            row_id,
            sum(
                rarity[term] * count[term] * (_K1 + 1) / (count[term] + _K1 * (1 - _B + _B * length / average))
                for term in terms
            ),
        )
        for (row_id, count), length in zip(counts, lengths, strict=True)
    ]
    return sorted(scored, key=lambda row: (-row.score, row.id))
