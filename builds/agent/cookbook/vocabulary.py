"""What the words of a request mean to one recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from builds.agent.cookbook.common_words import is_common
from builds.agent.cookbook.library import Recipe
from builds.agent.cookbook.words import matches, split_words

_REMEMBERED_WORDS = 50_000
_SOURCE_WORDS = {"from", "of", "out", "for", "из", "от", "для"}
_TARGET_WORDS = {"to", "into", "as", "в", "во"}


@dataclass(frozen=True)
class _Known:
    names: frozenset[str]
    patterns: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]


def core_share(words: Sequence[str], recipe: Recipe) -> float:
    """Tell what share of the recipe's core groups a request meets; parts of names such as ``to_roman`` count."""
    named = {*words, *(part for word in words if "_" in word for part in word.split("_") if part)}
    groups = recipe.vocabulary.core
    return sum(any(matches(pattern, word) for pattern in group for word in named) for group in groups) / len(groups)


def explained_positions(words: Sequence[str], recipe: Recipe) -> set[int]:
    """List the positions of the words that the recipe accounts for, alone or as part of a known phrase."""
    positions = {at for at, word in enumerate(words) if is_known(word, recipe)}
    for phrase in _known(recipe).phrases:
        for start in range(len(words) - len(phrase) + 1):
            if all(matches(pattern, words[start + step]) for step, pattern in enumerate(phrase)):
                positions.update(range(start, start + len(phrase)))
    return positions


@lru_cache(maxsize=_REMEMBERED_WORDS)
def is_known(word: str, recipe: Recipe) -> bool:
    """Tell whether a word belongs to the recipe's vocabulary, interface or numbers."""
    known = _known(recipe)
    return word in known.names or any(matches(pattern, word) for pattern in known.patterns)


def asks_for_something_else(words: Sequence[str], recipe: Recipe) -> bool:
    """Tell whether known words are put together to mean what the recipe does not do."""
    vocabulary = recipe.vocabulary
    if any(_in_order(conflict.split(), words) for conflict in vocabulary.conflicts):
        return True
    return bool(vocabulary.direction) and _is_backwards(words, *vocabulary.direction)


def _in_order(patterns: Sequence[str], words: Sequence[str]) -> bool:
    waiting = iter(words)
    return all(any(matches(pattern, word) for word in waiting) for pattern in patterns)


def _is_backwards(words: Sequence[str], source: str, target: str) -> bool:
    """Tell whether the words speak of turning the target into the source."""
    sources, targets = _positions(source, words), _positions(target, words)
    if not sources or not targets:
        return False
    if sources[0] < targets[0]:
        between = set(words[sources[0] : targets[0]])
        return bool(between & _SOURCE_WORDS) and not between & _TARGET_WORDS
    return not set(words[targets[0] : sources[0]]) & _SOURCE_WORDS


def _positions(alternatives: str, words: Sequence[str]) -> list[int]:
    patterns = alternatives.split("/")
    return [at for at, word in enumerate(words) if any(matches(pattern, word) for pattern in patterns)]


@cache
def _known(recipe: Recipe) -> _Known:
    vocabulary = recipe.vocabulary
    core = {pattern for group in vocabulary.core for pattern in group}
    patterns = {*core, *vocabulary.keywords, *_own_words(recipe)}
    return _Known(
        names=frozenset({*_identifiers(recipe), *vocabulary.numbers}),
        patterns=tuple(sorted(pattern for pattern in patterns if not pattern[0].isdigit())),
        phrases=tuple(tuple(phrase.split()) for phrase in vocabulary.phrases),
    )


def _own_words(recipe: Recipe) -> set[str]:
    texts = [split_words(text) for text in (*recipe.titles.values(), *recipe.descriptions.values())]
    return {word for words in texts for at, word in enumerate(words) if not is_common(words, at)}


def _identifiers(recipe: Recipe) -> set[str]:
    names = {part for function in recipe.functions for part in function.name.split(".")}
    names |= {error for function in recipe.functions for error in function.errors}
    names |= {function.module for function in recipe.functions}
    return {name.lower() for name in names}
