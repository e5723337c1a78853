"""Roman numerals: write whole numbers as numerals and read them back."""

LARGEST = 3999
_SYMBOLS = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def to_roman(number: int) -> str:
    """Write a whole number from 1 to 3999 as a Roman numeral.

    :raises TypeError: the value is not a whole number.
    :raises ValueError: the number has no Roman numeral.
    """
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError("number must be an int")
    if not 1 <= number <= LARGEST:
        raise ValueError(f"number must be between 1 and {LARGEST}")
    pieces = []
    for value, symbol in _SYMBOLS:
        count, number = divmod(number, value)
        pieces.append(symbol * count)
    return "".join(pieces)


def from_roman(numeral: str) -> int:
    """Read a Roman numeral in its standard form, in capital or small letters.

    :raises ValueError: the text is not a Roman numeral, e.g. ``IIII`` or ``VX``.
    """
    letters = numeral.strip().upper()
    total = position = 0
    for value, symbol in _SYMBOLS:
        while letters.startswith(symbol, position):
            position += len(symbol)
            total += value
    if not 1 <= total <= LARGEST or to_roman(total) != letters:
        raise ValueError("not a Roman numeral in standard form")
    return total
