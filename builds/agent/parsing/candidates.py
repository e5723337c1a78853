"""What may be an example, before anybody has judged whether it is certain."""

import re
from dataclasses import dataclass

MAX_SOURCE = 300

# A name that no word, dot or dollar sign stands before, with the bracket that opens its arguments.
CALL = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\(", re.ASCII)


@dataclass(frozen=True)
class Candidate:
    """A call and what seems to be said about it, as written. ``raises`` is a name, or empty; ``line`` counts from 0."""

    expression: str
    expected: str
    source: str
    line: int
    raises: str = ""
    is_arrow: bool = False
    """Said with ``->``, which signatures use as well."""
    is_equation: bool = False
    """Said with ``=``, which mathematics uses as well."""
    is_demanded: bool = False
    """Said with "should" or "must", so that it is certain even in a complaint."""


def one_line(words: str) -> str:
    """Write a user's words on one line of bounded length."""
    return " ".join(words[: 2 * MAX_SOURCE].split())[:MAX_SOURCE]
