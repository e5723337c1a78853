"""Word frequencies and other statistics of a text."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")


@dataclass(frozen=True)
class TextStatistics:
    """Figures about one text."""

    characters: int
    words: int
    unique_words: int
    sentences: int
    average_word_length: float


def split_words(text: str) -> list[str]:
    """List the words of a text in lower case, in order; punctuation is left out."""
    return _WORD.findall(text.lower())


def word_frequencies(text: str, *, ignore: Collection[str] = ()) -> dict[str, int]:
    """Count how often each word occurs, upper and lower case being the same."""
    ignored = {word.lower() for word in ignore}
    return dict(Counter(word for word in split_words(text) if word not in ignored))


def most_common_words(text: str, limit: int = 10) -> list[tuple[str, int]]:
    """List the most frequent words with their counts; equal counts go by alphabet.

    :raises ValueError: the limit is negative.
    """
    if limit < 0:
        raise ValueError("limit must not be negative")
    counts = word_frequencies(text)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


def text_statistics(text: str) -> TextStatistics:
    """Measure a text: characters, words, different words, sentences, word length."""
    words = split_words(text)
    sentences = len(_SENTENCE_END.findall(text))
    if words and not _SENTENCE_END.search(text.rstrip()[-1:]):
        sentences += 1
    return TextStatistics(
        characters=len(text),
        words=len(words),
        unique_words=len(set(words)),
        sentences=sentences,
        average_word_length=sum(map(len, words)) / len(words) if words else 0.0,
    )
