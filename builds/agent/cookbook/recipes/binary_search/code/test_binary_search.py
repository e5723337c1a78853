import pytest

from binary_search import binary_search, insertion_point

ITEMS = [1, 3, 5, 7, 9, 11]


@pytest.mark.parametrize(("target", "position"), [(3, 1), (5, 2), (7, 3), (11, 5)])
def test_a_number_is_found(target: int, position: int) -> None:
    assert binary_search(ITEMS, target) == position


def test_the_first_number_is_at_position_zero() -> None:
    assert binary_search(ITEMS, 1) == 0
    assert binary_search(ITEMS, 9) == 4


@pytest.mark.parametrize("target", [0, 4, 12])
def test_an_absent_number_gives_minus_one(target: int) -> None:
    assert binary_search(ITEMS, target) == -1


def test_an_empty_list_holds_nothing() -> None:
    assert binary_search([], 1) == -1


def test_the_first_of_equal_numbers_is_found() -> None:
    assert binary_search([1, 2, 2, 2, 3], 2) == 1


def test_every_number_of_a_long_list_is_found() -> None:
    items = range(0, 2000, 2)
    assert all(binary_search(items, item) == item // 2 for item in items)


@pytest.mark.parametrize(("target", "position"), [(4, 2), (5, 2), (12, 6), (2, 1)])
def test_the_place_of_a_number_is_found(target: int, position: int) -> None:
    assert insertion_point(ITEMS, target) == position
