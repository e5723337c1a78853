"""How a result is compared with what a request says; this file's functions are copied into the acceptance tests."""

from decimal import Decimal
from typing import Any


def _must_give(got: Any, expected: Any) -> None:
    """Fail unless a result is what the request says."""
    if not _agrees(got, expected):
        raise AssertionError(f"assert {repr(got)[:500]} == {expected!r}")


def _agrees(got: Any, expected: Any) -> bool:
    """Say whether a result is what the request says: as Python's ``==`` would, with two differences.

    ``True`` is no number, and numbers may differ by rounding. So ``2.0`` is ``2``, and ``[1, 2]`` is not ``(1, 2)``.
    What counts is what a value holds, read by its built-in type's own means: an object that calls itself equal is not.
    """
    kind = type(got)
    if expected is None or isinstance(expected, bool):
        return got is expected
    if isinstance(expected, int | float):
        return _is_near(got, expected)
    for text in (str, bytes):
        if isinstance(expected, text):
            return issubclass(kind, text) and text.__eq__(got, expected)
    for row in (list, tuple):
        if isinstance(expected, row):
            is_alike = issubclass(kind, row) and row.__len__(got) == len(expected)
            return is_alike and all(map(_agrees, row.__iter__(got), expected))
    if isinstance(expected, dict):
        return issubclass(kind, dict) and _has_all([*dict.items(got)], [*expected.items()])
    base = next((each for each in (set, frozenset) if issubclass(kind, each)), None)
    return base is not None and isinstance(expected, set) and _has_all([*base.__iter__(got)], [*expected])


def _has_all(got: list[Any], expected: list[Any]) -> bool:
    """Compare without regard to order."""
    return len(got) == len(expected) and all(any(_agrees(each, part) for each in got) for part in expected)


def _is_near(got: Any, expected: float) -> bool:
    """Compare whole numbers exactly; others to nine digits, or to six where the request has a decimal point."""
    kind = type(got)
    base = next((each for each in (int, float) if issubclass(kind, each)), None)
    if kind is bool or (base is None and kind is not Decimal):
        return False
    number = base.__pos__(got) if base else got
    if isinstance(expected, int) and number % 1 == 0:
        return bool(number == expected)
    share = 1e-9 if isinstance(expected, int) else 1e-6
    return abs(float(number) - expected) <= max(share * abs(expected), 1e-12)
