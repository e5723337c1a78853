"""Write whole numbers in another base, from binary to base 36, and read them."""

import string

_DIGITS = string.digits + string.ascii_lowercase
_SMALLEST = 2


def to_base(number: int, base: int) -> str:
    """Write a whole number with the digits 0–9 and a–z of a base from 2 to 36.

    :raises ValueError: there is no such base.
    """
    _check(base)
    digits = []
    rest = abs(number)
    while True:
        rest, digit = divmod(rest, base)
        digits.append(_DIGITS[digit])
        if rest == 0:
            break
    sign = "-" if number < 0 else ""
    return sign + "".join(reversed(digits))


def from_base(text: str, base: int) -> int:
    """Read a whole number in a base from 2 to 36, in small or capital letters.

    :raises ValueError: there is no such base, or a digit does not belong to it.
    """
    _check(base)
    digits = text.strip().lower()
    is_negative = digits.startswith("-")
    digits = digits.removeprefix("-")
    if not digits:
        raise ValueError("there are no digits")
    number = 0
    for digit in digits:
        value = _DIGITS.find(digit)
        if not 0 <= value < base:
            raise ValueError(f"not a digit in base {base}: {digit!r}")
        number = number * base + value
    return -number if is_negative else number


def _check(base: int) -> None:
    if not _SMALLEST <= base <= len(_DIGITS):
        raise ValueError("base must be between 2 and 36")
