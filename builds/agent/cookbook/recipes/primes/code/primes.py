"""Prime numbers: test them, list them, factorise with them."""

from math import isqrt

_FIRST = 2


def is_prime(number: int) -> bool:
    """Tell whether a number has exactly two divisors, by trial division."""
    if number < _FIRST:
        return False
    return all(number % divisor for divisor in range(_FIRST, isqrt(number) + 1))


def primes_up_to(limit: int) -> list[int]:
    """List the primes up to a limit, included, with the sieve of Eratosthenes."""
    if limit < _FIRST:
        return []
    sieve = bytearray([1]) * (limit + 1)
    sieve[0] = sieve[1] = 0
    for number in range(_FIRST, isqrt(limit) + 1):
        if sieve[number]:
            multiples = range(number * number, limit + 1, number)
            sieve[number * number :: number] = bytes(len(multiples))
    return [number for number, flag in enumerate(sieve) if flag]


def prime_factors(number: int) -> list[int]:
    """List the prime factors of a number, smallest first, repeated as needed.

    :raises ValueError: the number is smaller than 1.
    """
    if number < 1:
        raise ValueError("number must be positive")
    factors = []
    divisor = _FIRST
    while divisor * divisor <= number:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    if number > 1:
        factors.append(number)
    return factors
