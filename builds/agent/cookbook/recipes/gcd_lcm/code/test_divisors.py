import pytest

from divisors import gcd, lcm


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [(12, 18, 6), (18, 12, 6), (7, 13, 1), (0, 5, 5), (5, 0, 5), (-12, 18, 6)],
)
def test_the_greatest_common_divisor_is_found(
    first: int, second: int, result: int
) -> None:
    assert gcd(first, second) == result


@pytest.mark.parametrize(
    ("first", "second", "result"), [(4, 6, 12), (7, 3, 21), (5, 5, 5), (-4, 6, 12)]
)
def test_the_least_common_multiple_is_found(
    first: int, second: int, result: int
) -> None:
    assert lcm(first, second) == result


def test_zero_is_a_multiple_of_everything() -> None:
    assert (lcm(0, 5), lcm(5, 0), lcm(1, 5)) == (0, 0, 5)


def test_nothing_divides_only_zeros() -> None:
    assert gcd(0, 0) == 0
    assert gcd(0, 1) == 1
