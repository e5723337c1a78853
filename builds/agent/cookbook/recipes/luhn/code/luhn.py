"""The Luhn check digit, as on payment cards."""

_TWO_DIGITS = 9


def check_digit(number: str) -> int:
    """Compute the digit to append to a number; spaces and dashes are ignored.

    :raises ValueError: there are no digits, or other characters.
    """
    digits = _digits(number)
    if not digits:
        raise ValueError("the number must be made of digits")
    return -_luhn_sum([*digits, 0]) % 10


def is_valid_luhn(number: str) -> bool:
    """Tell whether the last digit of a number is its right check digit.

    Spaces and dashes are ignored; a number needs at least two digits.
    """
    digits = _digits(number)
    return len(digits) > 1 and _luhn_sum(digits) % 10 == 0


def _digits(number: str) -> list[int]:
    plain = number.replace(" ", "").replace("-", "")
    if not (plain.isascii() and plain.isdigit()):
        return []
    return [int(digit) for digit in plain]


def _luhn_sum(digits: list[int]) -> int:
    total = sum(digits[-1::-2])
    for digit in digits[-2::-2]:
        doubled = digit * 2
        total += doubled - 9 if doubled > _TWO_DIGITS else doubled
    return total
