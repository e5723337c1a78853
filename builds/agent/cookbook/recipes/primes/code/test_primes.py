import pytest

from primes import is_prime, prime_factors, primes_up_to


@pytest.mark.parametrize("number", [2, 3, 5, 7, 13, 97, 7919])
def test_primes_are_recognised(number: int) -> None:
    assert is_prime(number) is True
    assert is_prime(number * number) is False


def test_other_numbers_are_not_prime() -> None:
    assert [number for number in range(-3, 12) if is_prime(number)] == [2, 3, 5, 7, 11]


def test_primes_are_listed_up_to_and_including_the_limit() -> None:
    assert primes_up_to(29) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


def test_there_is_no_prime_below_two() -> None:
    assert primes_up_to(1) == []
    assert primes_up_to(-5) == []
    assert primes_up_to(2) == [2]


def test_the_sieve_agrees_with_trial_division() -> None:
    assert primes_up_to(500) == [number for number in range(501) if is_prime(number)]
    assert len(primes_up_to(500)) == 95


@pytest.mark.parametrize(
    ("number", "factors"),
    [(2, [2]), (12, [2, 2, 3]), (97, [97]), (360, [2, 2, 2, 3, 3, 5]), (49, [7, 7])],
)
def test_a_number_is_split_into_prime_factors(number: int, factors: list[int]) -> None:
    assert prime_factors(number) == factors


def test_one_has_no_prime_factors() -> None:
    assert prime_factors(1) == []
    assert prime_factors(4) == [2, 2]


@pytest.mark.parametrize("number", [0, -6])
def test_numbers_below_one_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        prime_factors(number)
