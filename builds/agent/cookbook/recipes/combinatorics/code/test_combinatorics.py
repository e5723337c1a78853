import pytest

from combinatorics import combinations_count, factorial, permutations_count


@pytest.mark.parametrize(
    ("number", "result"), [(0, 1), (1, 1), (2, 2), (5, 120), (20, 2432902008176640000)]
)
def test_the_factorial_is_computed(number: int, result: int) -> None:
    assert factorial(number) == result


def test_a_negative_number_has_no_factorial() -> None:
    with pytest.raises(ValueError, match="negative"):
        factorial(-1)


@pytest.mark.parametrize(
    ("total", "chosen", "ordered", "unordered"),
    [(5, 2, 20, 10), (5, 0, 1, 1), (5, 5, 120, 1), (49, 6, 10068347520, 13983816)],
)
def test_choices_are_counted(
    total: int, chosen: int, ordered: int, unordered: int
) -> None:
    assert permutations_count(total, chosen) == ordered
    assert combinations_count(total, chosen) == unordered


def test_more_than_there_are_cannot_be_chosen() -> None:
    assert permutations_count(2, 3) == 0
    assert combinations_count(2, 3) == 0
    assert combinations_count(3, 2) == 3


@pytest.mark.parametrize(("total", "chosen"), [(-1, 0), (3, -1)])
def test_negative_figures_are_refused(total: int, chosen: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        permutations_count(total, chosen)
    with pytest.raises(ValueError, match="negative"):
        combinations_count(total, chosen)
