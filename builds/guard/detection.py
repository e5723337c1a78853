"""Finding what should not be in a request."""

from collections import Counter
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
    taken, found = bytearray(len(text)), []
    for shape in _SHAPES:
        for start, end in shape.spans(text):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Finding(start, end, shape.kind))
    return sorted(found, key=lambda each: each.start)


def count(text: str) -> Counter[Kind]:
    """Return how much of each kind is in a text."""
    return Counter(each.kind for each in find(text))
