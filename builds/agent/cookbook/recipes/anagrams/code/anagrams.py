"""Anagrams: words made of the same letters."""

from collections.abc import Iterable


def letter_key(word: str) -> str:
    """Sort the letters and digits of a word; anagrams share this key."""
    return "".join(sorted(letter for letter in word.casefold() if letter.isalnum()))


def are_anagrams(first: str, second: str) -> bool:
    """Tell whether two texts use the same letters; case and spaces do not count."""
    return letter_key(first) == letter_key(second)


def find_anagrams(word: str, candidates: Iterable[str]) -> list[str]:
    """List the candidates that are anagrams of a word; the word itself is not one."""
    return [
        candidate
        for candidate in candidates
        if candidate.casefold() != word.casefold() and are_anagrams(word, candidate)
    ]


def group_anagrams(words: Iterable[str]) -> list[list[str]]:
    """Group words that are anagrams of each other, in order of first appearance."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(letter_key(word), []).append(word)
    return list(groups.values())
