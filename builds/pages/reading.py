"""Reading stored JSON whose parts may be missing or cut."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ANSI = re.compile(r"\x1b(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]|[@-Z\\-_])")
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\n\t"} | {127: None}


def plain(text: object) -> str:
    """Return a program's output without colour sequences and control characters."""
    return _ANSI.sub("", str(text)).replace("\r\n", "\n").translate(_CONTROLS)


def rows(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in a stored list."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, Sequence) else []


def lines(value: object) -> list[str]:
    """Return the texts in a stored list."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [plain(item) for item in value if isinstance(item, str)]


def number(value: object) -> float | None:
    """Return a stored number; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def count(value: object) -> int:
    """Return a stored whole number, 0 where there is none."""
    return int(number(value) or 0)


def part(value: object) -> Mapping[str, Any]:
    """Return a stored object, empty where there is none."""
    return value if isinstance(value, Mapping) else {}
