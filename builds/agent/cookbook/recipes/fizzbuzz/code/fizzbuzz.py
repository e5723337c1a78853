"""FizzBuzz."""


def fizzbuzz(number: int) -> str:
    """Say Fizz for multiples of 3, Buzz for 5, FizzBuzz for both, else the number."""
    word = ("Fizz" if number % 3 == 0 else "") + ("Buzz" if number % 5 == 0 else "")
    return word or str(number)


def fizzbuzz_sequence(limit: int) -> list[str]:
    """List the answers for 1 up to a limit, included.

    :raises ValueError: the limit is negative.
    """
    if limit < 0:
        raise ValueError("limit must not be negative")
    return [fizzbuzz(number) for number in range(1, limit + 1)]


def print_fizzbuzz(limit: int = 100) -> None:
    """Print the answers for 1 up to a limit, one per line.

    :raises ValueError: the limit is negative.
    """
    print("\n".join(fizzbuzz_sequence(limit)))
