"""Write whole numbers in English words."""

_SMALL_NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS_NAMES = "- - twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = _SMALL_NAMES.split()
_TENS = _TENS_NAMES.split()
_SCALES = ("", "thousand", "million", "billion", "trillion")
_HUNDRED = 100
LIMIT = 10**15


def number_to_words(number: int) -> str:
    """Write a whole number in English words, e.g. ``one hundred twenty-three``.

    :raises ValueError: the number has more than fifteen digits.
    """
    if abs(number) >= LIMIT:
        raise ValueError("number must have at most fifteen digits")
    if number < 0:
        return f"minus {number_to_words(-number)}"
    if number == 0:
        return _SMALL[0]
    groups: list[str] = []
    for scale in _SCALES:
        number, group = divmod(number, 1000)
        if group:
            groups.insert(0, f"{_below_thousand(group)} {scale}".rstrip())
    return " ".join(groups)


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, _HUNDRED)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest:
        words.append(_below_hundred(rest))
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]
