"""Greatest common divisor and least common multiple, after Euclid."""


def gcd(first: int, second: int) -> int:
    """Find the largest number that divides both; the result is never negative."""
    while second:
        first, second = second, first % second
    return abs(first)


def lcm(first: int, second: int) -> int:
    """Find the smallest positive number that both divide; 0 if one of them is 0."""
    if first == 0 or second == 0:
        return 0
    return abs(first * second) // gcd(first, second)
