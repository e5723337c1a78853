"""Fibonacci numbers."""

from collections.abc import Iterator


def fibonacci(position: int) -> int:
    """Compute the Fibonacci number at a position; 0 and 1 are at 0 and 1.

    :raises ValueError: the position is negative.
    """
    if position < 0:
        raise ValueError("position must not be negative")
    current, following = 0, 1
    for _ in range(position):
        current, following = following, current + following
    return current


def fibonacci_sequence(count: int) -> list[int]:
    """List the first Fibonacci numbers, from 0 on.

    :raises ValueError: the count is negative.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    return [
        number for number, _ in zip(fibonacci_numbers(), range(count), strict=False)
    ]


def fibonacci_numbers() -> Iterator[int]:
    """Yield the Fibonacci numbers without end."""
    current, following = 0, 1
    while True:
        yield current
        current, following = following, current + following
