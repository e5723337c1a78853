"""Why a passage was found, in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from memory.retrieval import Hit

LEAST = 0.0005
"""What gave less is not worth a word."""
SIGNALS: Mapping[str, str | Promise] = {
    "dense": gettext_lazy("likeness"),
    "lexical": gettext_lazy("words"),
    "recency": gettext_lazy("recency"),
    "importance": gettext_lazy("importance"),
    "verified": gettext_lazy("proof"),
    "helpfulness": gettext_lazy("helped before"),
    "diversity": gettext_lazy("repeats another"),
}


class Part(NamedTuple):
    """What one signal gave to a score."""

    signal: str
    value: float


def in_words(parts: Mapping[str, float]) -> tuple[Part, ...]:
    """Return what each signal gave, without those that gave nothing."""
    told = ((name, parts[name]) for name in SIGNALS if name in parts)
    return tuple(Part(str(SIGNALS[name]), value) for name, value in told if abs(value) >= LEAST)


class Explained(NamedTuple):
    """A hit with the reasons for its place."""

    hit: "Hit"
    parts: tuple[Part, ...]


def explained(hits: "Sequence[Hit]") -> list[Explained]:
    """Return hits with their reasons."""
    return [Explained(hit, in_words(hit.parts)) for hit in hits]
