from itertools import islice

import pytest

from fibonacci import fibonacci, fibonacci_numbers, fibonacci_sequence


@pytest.mark.parametrize(
    ("position", "number"),
    [(1, 1), (2, 1), (3, 2), (10, 55), (90, 2880067194370816120)],
)
def test_the_number_at_a_position_is_computed(position: int, number: int) -> None:
    assert fibonacci(position) == number


def test_the_first_number_is_zero() -> None:
    assert fibonacci(0) == 0
    assert fibonacci(1) == 1


def test_the_first_numbers_are_listed() -> None:
    assert fibonacci_sequence(8) == [0, 1, 1, 2, 3, 5, 8, 13]


def test_no_numbers_are_listed_for_zero() -> None:
    assert fibonacci_sequence(0) == []
    assert fibonacci_sequence(1) == [0]


def test_the_numbers_go_on_without_end() -> None:
    assert list(islice(fibonacci_numbers(), 20, 22)) == [6765, 10946]


def test_negative_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="position"):
        fibonacci(-1)
    with pytest.raises(ValueError, match="count"):
        fibonacci_sequence(-1)
