"""Each signal moves what it should, can be switched off, and the score is the sum of what they gave."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.ranking import ALL_SIGNALS, Candidate, Ranked, Signals, rank

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def candidate(number: int, **known: Any) -> Candidate:
    plain: dict[str, Any] = {"similarity": 0.5, "lexical_score": 5.0, "created_at": NOW}
    return Candidate(id=UUID(int=number), **plain | known)


def order(candidates: list[Candidate], signals: Signals = ALL_SIGNALS) -> list[int]:
    return [ranked.id.int for ranked in rank(candidates, signals, NOW, 10)]


def test_what_both_lists_like_comes_before_what_one_likes() -> None:
    both, words, likeness = candidate(1), candidate(2, similarity=None), candidate(3, lexical_score=None)
    assert order([words, likeness, both]) == [1, 2, 3]


@pytest.mark.parametrize(
    ("signal", "better", "worse"),
    [
        ("recency", {"created_at": NOW}, {"created_at": NOW - timedelta(days=700)}),
        ("importance", {"importance": 0.9}, {"importance": 0.1}),
        ("verified", {"is_verified": True}, {"is_verified": False}),
        ("helpfulness", {"shown": 4, "helped": 4}, {"shown": 4, "helped": 0}),
        ("dense", {"similarity": 0.9}, {"similarity": 0.1}),
        ("lexical", {"lexical_score": 9.0}, {"lexical_score": 1.0}),
    ],
)
def test_a_signal_raises_what_is_better_and_says_nothing_when_it_is_off(
    signal: str, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    rows = [candidate(1, **better), candidate(2, **worse)]
    base = {"dense", "lexical"}
    assert order(rows, Signals.only(signal, *base)) == [1, 2]
    assert order(rows, Signals.only(*(base - {signal}))) == [2, 1], "equal ones: newest first"


def test_a_near_copy_makes_way_for_something_else() -> None:
    one, other = np.eye(2, dtype=np.float32)
    rows = [candidate(9, vector=one), candidate(8, vector=one), candidate(7, vector=other, similarity=0.4)]
    assert order(rows) == [9, 7, 8]
    assert order(rows, Signals.only("dense", "lexical")) == [9, 8, 7]


def test_a_passage_nobody_was_shown_is_not_punished_for_it() -> None:
    new, useless = candidate(1), candidate(2, shown=5, helped=0)
    assert order([useless, new]) == [1, 2]


def test_nothing_found_is_nothing_ranked() -> None:
    assert rank([], ALL_SIGNALS, NOW, 5) == []


@given(
    st.lists(
        st.builds(
            Candidate,
            id=st.uuids(),
            similarity=st.none() | st.floats(-1, 1),
            lexical_score=st.none() | st.floats(0, 50),
            created_at=st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            importance=st.floats(0, 1),
            is_verified=st.booleans(),
            shown=st.integers(0, 100),
            helped=st.integers(0, 100),
            vector=st.none() | st.just(np.full(4, 0.5, np.float32)),
        ),
        max_size=12,
        unique_by=lambda row: row.id,
    ),
    st.integers(0, 12),
)
def test_every_order_is_one_of_the_candidates_best_first_and_explains_its_scores(
    rows: list[Candidate], limit: int
) -> None:
    ranked = rank(rows, ALL_SIGNALS, NOW, limit)
    assert len(ranked) == min(limit, len(rows))
    assert len({one.id for one in ranked}) == len(ranked)
    assert {one.id for one in ranked} <= {row.id for row in rows}
    assert all(isinstance(one, Ranked) and one.score == pytest.approx(sum(one.parts.values())) for one in ranked)
    plain = rank(rows, Signals.only("dense", "lexical", "recency", "verified"), NOW, limit)
    assert [one.score for one in plain] == sorted((one.score for one in plain), reverse=True)
