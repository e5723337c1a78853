"""Finding what should not be in a request."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from builds.guard import credentials, people
from builds.guard.kinds import Kind

_SHAPES = (*credentials.SHAPES, *people.SHAPES)
"""In this order: of what overlaps, the first is kept."""


@dataclass(frozen=True)
class Finding:
    """Where something was found; what it says is not copied."""

    start: int
    end: int
    kind: Kind


def find(text: str) -> list[Finding]:
    """Return what is found in a text, in its order, without overlaps."""
    read, places = _as_read(text)
    taken, found = bytearray(len(read)), []
    for shape in _SHAPES:
        for start, end in shape.spans(read):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Finding(places[start], places[end - 1] + 1, shape.kind))
    return sorted(found, key=lambda each: each.start)


def _as_read(text: str) -> tuple[str, Sequence[int]]:
    """Return a text as people read it, without letters that don't show and with plain ones for wide ones.

    With it comes where in the text each of its letters stands.
    """
    if text.isascii():
        return text, range(len(text))
    shown = [(place, letter) for place, letter in enumerate(text) if unicodedata.category(letter) != "Cf"]
    return "".join(_plain(letter) for _, letter in shown), [place for place, _ in shown]


def _plain(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 else letter


def count(text: str) -> Counter[Kind]:
    """Return how much of each kind is in a text."""
    return Counter(each.kind for each in find(text))
