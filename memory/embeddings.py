"""Texts to vectors."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Protocol
from zlib import crc32

from memory.vectors import Vector
from memory.words import content_words

MAX_CHARS = 8_000
"""What of a text is looked at; passages are shorter."""


class EmbedderAway(Exception):
    """The embedder cannot answer now; asking later may help.

    :param detail: why, in a word or two for the log; never foreign text.
    """

    code = "memory.embedder.away"

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


class TextRefused(EmbedderAway):
    """The embedder is there but does not take a text that it was given; asking again will not help."""

    code = "memory.embedder.refused"


class UnusableEmbedder(ValueError):
    """The settings name an embedder that could never answer; the text says what to do."""


class Embedder(Protocol):
    """Makes vectors of length one; safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Name that changes whenever the same text would get another vector: letters, digits, ``-``; at most 64.

        It is known before anything is asked, and says which vectors may be compared: all of one name are equally long.
        """

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return one row per passage, L2-normalised.

        :raises EmbedderAway: it cannot answer now.
        """

    def embed_query(self, text: str) -> Vector:
        """Return the vector of what is searched for; some models want it marked as such.

        :raises EmbedderAway: it cannot answer now.
        """


class HashingEmbedder:
    """Feature hashing of words, word pairs and character n-grams: no model, no download, the same everywhere.

    CRC-32 chooses place and sign, since Python's own ``hash`` differs from process to process.
    """

    _WORD, _PAIR, _NGRAM = 1.0, 0.7, 0.35

    def __init__(self, dimension: int = 512) -> None:
        if dimension <= 0:
            raise ValueError(dimension)
        self._dimension = dimension

    @property
    def fingerprint(self) -> str:
        """Name the method, its version and its size."""
        return f"hashing-2-{self._dimension}"

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return one row per passage, L2-normalised."""
        import numpy as np

        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._dimension), dtype=np.float32)

    def embed_query(self, text: str) -> Vector:
        """Return the vector of a query, made like a passage's."""
        return self._row(text)

    def _row(self, text: str) -> Vector:
        import numpy as np

        features = _features(text[:MAX_CHARS])
        hashes = np.fromiter((crc32(name.encode("utf-8", "replace")) for name in features), np.uint32, len(features))
        kinds = {"w": self._WORD, "p": self._PAIR, "n": self._NGRAM}
        weights = np.fromiter((kinds[name[0]] * (1 + log(n)) for name, n in features.items()), np.float64)
        signs = np.where(hashes >> 31, 1.0, -1.0)
        row = np.bincount(hashes % self._dimension, weights * signs, self._dimension)
        norm = float(np.linalg.norm(row))
        if norm == 0.0:  # every feature met its opposite: practically impossible, but a vector must have a direction
            row[0], norm = 1.0, 1.0
        return (row / norm).astype("<f4")


def _features(text: str) -> Counter[str]:
    found = content_words(text)
    features = Counter(f"w{word}" for word in found)
    features.update(f"p{left} {right}" for left, right in pairwise(found))
    for word, count in Counter(found).items():
        framed = f"<{word}>"
        for size in (3, 4):
            for start in range(len(framed) - size + 1):
                features[f"n{framed[start : start + size]}"] += count
    return features or Counter({"w": 1})
