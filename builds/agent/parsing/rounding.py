"""Broken numbers that a request shows shortened: how many digits it asks for."""

import re
from collections.abc import Sequence

from builds.agent.parsing.literals import Literal, is_exact_float

_ABOVE, _BELOW = 4, 1
_COUNTS = {
    **{word: number for number, word in enumerate(("zero", "one", "two", "three", "four", "five", "six"))},
    "одного": 1,
    "двух": 2,
    "двумя": 2,
    "трех": 3,
    "трёх": 3,
    "тремя": 3,
    "четырех": 4,
    "четырёх": 4,
    "tenth": 1,
    "hundredth": 2,
    "thousandth": 3,
    "cent": 2,
    "penny": 2,
    "kopeck": 2,
    "десятых": 1,
    "сотых": 2,
    "тысячных": 3,
    "копеек": 2,
    "копейки": 2,
    "центов": 2,
}
_COUNT = r"(?P<count>\d{1,2}|zero|one|two|three|four|five|six|одного|двух|двумя|тр[её]х|тремя|четыр[её]х)"
_UNIT = r"(?:(?:decimal|significant|fractional) )?(?:digits?|places?|decimals?|знак\w*|цифр\w*|разряд\w*)"
_ASKED = (
    re.compile(
        rf"\bround\w*\b[^.;\n]{{0,60}}?\b(?:to|with|at)(?: exactly| at most)? {_COUNT}[ -]{_UNIT}", re.IGNORECASE
    ),
    re.compile(rf"\b{_COUNT}[ -]{_UNIT}[^.;\n]{{0,30}}\bround(?:ed|ing)\b", re.IGNORECASE),
    re.compile(
        r"\bround\w*\b[^.;\n]{0,60}?\bto the nearest (?P<count>tenth|hundredth|thousandth|cent|penny|kopeck)",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:to|with) (?:exactly )?{_COUNT} decimal (?:places?|digits?)", re.IGNORECASE),
    re.compile(rf"округл\w*[^.;\n]{{0,60}}?\bдо {_COUNT}[- ](?:\w+ )?{_UNIT}", re.IGNORECASE),
    re.compile(r"округл\w*[^.;\n]{0,60}?\bдо (?P<count>десятых|сотых|тысячных|копеек|копейки|центов)", re.IGNORECASE),
    re.compile(rf"\bс точностью до {_COUNT} (?:\w+ )?{_UNIT}", re.IGNORECASE),
    re.compile(r"\bс точностью до (?P<count>десятых|сотых|тысячных|копеек|копейки|центов)", re.IGNORECASE),
)
_DENIED = re.compile(
    r"\b(?:not?|never|without|avoid|don['’]?t|doesn['’]?t|не|без)\s+(?:be |any )?(?:round|округл)", re.IGNORECASE
)


def is_as_asked(value: Literal, lines: Sequence[str], line: int) -> bool:
    """Say whether a right program gives exactly these numbers.

    A broken number that no float holds was shortened by whoever wrote it; it is certain only with all its digits, or if
    the words near it ask to round to as many digits as it has.
    """
    short = [number for number in value.floats if not is_exact_float(number)]
    if not short:
        return True
    near = "\n".join(lines[max(0, line - _ABOVE) : line + 1 + _BELOW])
    asked = _digits_asked(near)
    return asked is not None and all(_decimals(number) <= asked for number in short)


def _digits_asked(words: str) -> int | None:
    """Return the number of digits; None when none is named, or when several are."""
    if _DENIED.search(words):
        return None
    found = {match["count"].lower() for pattern in _ASKED for match in pattern.finditer(words)}
    counts = {_COUNTS[word] if word in _COUNTS else int(word) for word in found}
    return counts.pop() if len(counts) == 1 else None


def _decimals(number: float) -> int:
    return len(repr(number).partition(".")[2])
