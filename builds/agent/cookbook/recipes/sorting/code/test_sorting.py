from collections.abc import Callable, Sequence

import pytest

from sorting import bubble_sort, insertion_sort, merge_sort, quick_sort

Sort = Callable[[Sequence[float]], list[float]]
each_sort = pytest.mark.parametrize(
    "sort", [bubble_sort, insertion_sort, merge_sort, quick_sort]
)


@each_sort
@pytest.mark.parametrize(
    "numbers",
    [
        [3, 1, 2],
        [5, 4, 3, 2, 1],
        [1, 2, 3],
        [2, 2, 1, 1],
        [-1.5, 0, -3],
        [7],
        [(n * 37) % 101 for n in range(100)],
    ],
)
def test_numbers_are_sorted(sort: Sort, numbers: list[float]) -> None:
    assert sort(numbers) == sorted(numbers)


@each_sort
def test_the_given_list_is_left_alone(sort: Sort) -> None:
    numbers = [3.0, 1.0, 2.0]
    assert sort(numbers) == [1, 2, 3]
    assert numbers == [3, 1, 2]


@each_sort
def test_an_empty_list_stays_empty(sort: Sort) -> None:
    assert sort([]) == []
    assert sort((2, 1)) == [1, 2]
