"""Choose the recipe that a request asks for, or none.

A wrong recipe would end as a verified wrong program, so a match needs more than likeness: every word of the request
must be explained, by the recipe's vocabulary or by being common. The floors below were set with ``measure``.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

from builds.agent.cookbook.common_words import PHRASES, is_common
from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.cookbook.words import matches, split_words, trigrams

LANGUAGE = "python"
MIN_SCORE = 1.0
MIN_MARGIN = 0.1
NEAREST = 3
_REMEMBERED = 20_000
_LIKENESS_WEIGHT = 0.25
_COMMON_PHRASES = tuple(re.compile(rf"(?<!\w)(?:{phrase})(?!\w)", re.IGNORECASE) for phrase in PHRASES)
_SOURCE_WORDS = {"from", "of", "out", "из", "от"}
_TARGET_WORDS = {"to", "into", "as", "в", "во", "to_"}
_FOREIGN_LANGUAGE = re.compile(r"\b(?:in|на|using)\s+(?:c|go|r|d|си)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A recipe and how well it fits, from 0 to 1."""

    recipe: Recipe
    score: float


@dataclass(frozen=True)
class NoMatch:
    """No recipe fits with confidence; these come nearest."""

    nearest: tuple[Recipe, ...]


def rank(requirements: str, language: str) -> list[Match]:
    """Order all recipes by how well they fit a request.

    The score is the share of the request's informative weight that the recipe explains, times the share of its core
    that is asked for. Recipes that fit equally well go by likeness of letters. Any language but Python scores 0.
    """
    words = _words(requirements)
    letters = trigrams(requirements)
    allowed = language.strip().lower() == LANGUAGE and not _FOREIGN_LANGUAGE.search(requirements)
    ordered = sorted(
        ((_score(words, recipe) if allowed else 0.0, _likeness(words, letters, recipe), recipe)
         for recipe in all_recipes()),
        key=lambda entry: (-entry[0] - _LIKENESS_WEIGHT * entry[1], entry[2].name),
    )
    return [Match(recipe, score) for score, _, recipe in ordered]


def find_recipe(requirements: str, language: str) -> Match | NoMatch:
    """Return the one recipe that fits with confidence, or the three nearest."""
    ranked = rank(requirements, language)
    best = max(ranked, key=lambda match: match.score)
    others = [match.score for match in ranked if match is not best]
    if best.score >= MIN_SCORE and best.score - max(others) >= MIN_MARGIN:
        return best
    return NoMatch(tuple(match.recipe for match in ranked[:NEAREST]))


def unexplained_words(requirements: str, recipe: Recipe) -> list[str]:
    """List the informative words of a request that a recipe does not account for."""
    words = _words(requirements)
    explained = _explained(tuple(words), recipe)
    return [word for at, word in enumerate(words) if at not in explained and not is_common(word)]


def _words(requirements: str) -> list[str]:
    for phrase in _COMMON_PHRASES:
        requirements = phrase.sub(" ", requirements)
    return split_words(requirements)


def _score(words: list[str], recipe: Recipe) -> float:
    vocabulary = recipe.vocabulary
    core = sum(any(matches(pattern, word) for pattern in group for word in words) for group in vocabulary.core)
    if not core or _asks_for_something_else(words, recipe):
        return 0.0
    explained = _explained(tuple(words), recipe)
    informative = {at: _weight(word) for at, word in enumerate(words) if at in explained or not is_common(word)}
    total = sum(informative.values())
    share = sum(weight for at, weight in informative.items() if at in explained) / total if total else 0.0
    return round(share * core / len(vocabulary.core), 6)


def _explained(words: tuple[str, ...], recipe: Recipe) -> set[int]:
    known = _known(recipe)
    positions = {at for at, word in enumerate(words) if word in known.names or _is_known(word, recipe)}
    for phrase in known.phrases:
        for start in range(len(words) - len(phrase) + 1):
            if all(matches(pattern, words[start + step]) for step, pattern in enumerate(phrase)):
                positions.update(range(start, start + len(phrase)))
    return positions


def _asks_for_something_else(words: list[str], recipe: Recipe) -> bool:
    vocabulary = recipe.vocabulary
    if any(_in_order(conflict.split(), words) for conflict in vocabulary.conflicts):
        return True
    return bool(vocabulary.direction) and _is_backwards(words, *vocabulary.direction)


def _in_order(patterns: list[str], words: list[str]) -> bool:
    waiting = iter(words)
    return all(any(matches(pattern, word) for word in waiting) for pattern in patterns)


def _is_backwards(words: list[str], source: str, target: str) -> bool:
    """Tell whether the words speak of turning the target into the source."""
    sources = [at for at, word in enumerate(words) if matches(source, word)]
    targets = [at for at, word in enumerate(words) if matches(target, word)]
    if not sources or not targets:
        return False
    if sources[0] < targets[0]:
        between = set(words[sources[0] : targets[0]])
        return bool(between & _SOURCE_WORDS) and not between & _TARGET_WORDS
    return not set(words[targets[0] : sources[0]]) & _SOURCE_WORDS


@dataclass(frozen=True)
class _Known:
    names: frozenset[str]
    patterns: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]


@cache
def _known(recipe: Recipe) -> _Known:
    vocabulary = recipe.vocabulary
    texts = (*recipe.titles.values(), *recipe.descriptions.values())
    plain = {word for text in texts for word in split_words(text) if not is_common(word)}
    patterns = {*plain, *vocabulary.keywords, *(pattern for group in vocabulary.core for pattern in group)}
    return _Known(
        names=frozenset({*_identifiers(recipe), *vocabulary.numbers}),
        patterns=tuple(sorted(pattern for pattern in patterns if not pattern[0].isdigit())),
        phrases=tuple(tuple(phrase.split()) for phrase in vocabulary.phrases),
    )


def _identifiers(recipe: Recipe) -> set[str]:
    names = {part for function in recipe.functions for part in function.name.split(".")}
    names |= {error for function in recipe.functions for error in function.errors}
    names |= {function.module for function in recipe.functions}
    return {name.lower() for name in names}


@lru_cache(maxsize=_REMEMBERED)
def _is_known(word: str, recipe: Recipe) -> bool:
    return any(matches(pattern, word) for pattern in _known(recipe).patterns)


@lru_cache(maxsize=_REMEMBERED)
def _weight(word: str) -> float:
    """Weigh a word by how few recipes know it; one that none knows weighs most."""
    recipes = all_recipes()
    knowing = Counter(_is_known(word, recipe) for recipe in recipes)[True]
    return math.log(1 + len(recipes) / max(knowing, 0.5))


def _likeness(words: list[str], letters: set[str], recipe: Recipe) -> float:
    """Compare by known words and by letters, for the order of recipes that do not fit."""
    explained = _explained(tuple(words), recipe)
    known = sum(_weight(words[at]) for at in explained)
    total = sum(_weight(word) for at, word in enumerate(words) if at in explained or not is_common(word))
    own = _trigrams_of(recipe)
    shared = len(letters & own) / math.sqrt(len(letters) * len(own)) if letters else 0.0
    return (known / total if total else 0.0) + shared


@cache
def _trigrams_of(recipe: Recipe) -> frozenset[str]:
    texts = (*recipe.titles.values(), *recipe.descriptions.values(), *recipe.tags)
    return frozenset(trigrams(" ".join(texts)))
