"""Calls and literals of a language, read strictly: what is not plainly a literal is not read at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_LENGTH = 500
MAX_DEPTH = 20

_QUOTES = "\"'"
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)")
_STRING_PREFIX = re.compile(r"[bBrRuU]{0,2}(?=[\"'])")
_NAME = re.compile(r"(?:True|False|None|true|false|null)\b")
_ENOUGH_DIGITS = 15


@dataclass(frozen=True)
class Literal:
    """A literal: ``key`` is equal for equal values; ``floats`` are all broken numbers in it."""

    key: str
    floats: tuple[float, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call of a name with literals only. ``function`` may be dotted."""

    function: str
    key: str
    positional: int
    arguments: int


@dataclass(frozen=True)
class Grammar:
    """What examples need to know of a language; the readers return None for everything that is not certain."""

    read_call: Callable[[str], Call | None]
    read_value: Callable[[str], Literal | None]
    is_own_function: Callable[[str], bool]
    """False for names that the language brings along or reserves."""
    is_exception: Callable[[str], bool]


def literal_end(text: str, at: int) -> int | None:
    """Return where the literal that begins at ``at`` ends on its line, judged by its outside only."""
    prefix = _STRING_PREFIX.match(text, at)
    if prefix:
        return _string_end(text, prefix.end())
    if text[at : at + 1] in {"(", "[", "{"}:
        return bracket_end(text, at)
    found = _NUMBER.match(text, at) or _NAME.match(text, at)
    if not found:
        return None
    # A full stop after a number ends the sentence.
    return found.end() - 1 if text[found.end() - 1] == "." else found.end()


def bracket_end(text: str, at: int) -> int | None:
    """Return the position behind the bracket that closes the one at ``at``; None when it is far away."""
    depth = 0
    limit = min(len(text), at + MAX_LENGTH)
    while at < limit and text[at] != "\n":
        if text[at] in _QUOTES:
            end = _string_end(text, at)
            if end is None:
                return None
            at = end
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        at += 1
        if depth == 0:
            return at
        if depth > MAX_DEPTH:
            return None
    return None


def is_exact_float(number: float) -> bool:
    """Say whether a float holds this broken number exactly, or all its digits are there."""
    digits = sum(character.isdigit() for character in repr(number).partition("e")[0])
    return (number * 1024).is_integer() or digits > _ENOUGH_DIGITS


def _string_end(text: str, at: int) -> int | None:
    quote = text[at]
    limit = min(len(text), at + MAX_LENGTH)
    at += 1
    while at < limit and text[at] != "\n":
        if text[at] == quote:
            return at + 1
        at += 2 if text[at] == "\\" else 1
    return None
