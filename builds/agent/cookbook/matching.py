"""Choose the recipe that a request asks for, or none.

A wrong recipe would end as a verified wrong program, so a match needs more than likeness: every word of the request
must be explained, by the recipe's vocabulary or by being common. ``MIN_SCORE`` was set with ``measure``.
"""

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from builds.agent.cookbook.common_words import PHRASES, is_common
from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.cookbook.vocabulary import asks_for_something_else, core_share, explained_positions, is_known
from builds.agent.cookbook.words import split_words, trigrams

LANGUAGE = "python"
MIN_SCORE = 1.0
MIN_MARGIN = 0.1
NEAREST = 3
MAX_CHARACTERS = 4000
_REMEMBERED_WORDS = 5000
_LIKENESS_WEIGHT = 0.25
_COMMON_PHRASES = re.compile(rf"(?<!\w)(?:{'|'.join(PHRASES)})(?!\w)", re.IGNORECASE)
# One-letter names are too common as variables to be left to the vocabulary.
_FOREIGN_LANGUAGE = re.compile(r"\b(?:in|на|using)\s{1,3}(?:c|go|r|d|си)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A recipe and how well it fits, from 0 to 1."""

    recipe: Recipe
    score: float


@dataclass(frozen=True)
class NoMatch:
    """No recipe fits with confidence; these come nearest."""

    nearest: tuple[Recipe, ...]


@dataclass(frozen=True)
class _Request:
    words: list[str]
    informative: set[int]
    """Positions of the words that say something about what is wanted."""
    letters: set[str]
    can_match: bool


def rank(requirements: str, language: str) -> list[Match]:
    """Order all recipes by how well they fit a request, best first.

    The score is the share of the request's informative weight that the recipe explains, times the share of its core
    that is asked for. Recipes that fit equally well go by likeness of letters. A request for another language than
    Python, or one that is too long to be read whole, scores 0.
    """
    request = _read(requirements, language)
    scored = [(_score(request, recipe), _likeness(request, recipe), recipe) for recipe in all_recipes()]
    scored.sort(key=lambda entry: (-entry[0] - _LIKENESS_WEIGHT * entry[1], entry[2].name))
    return [Match(recipe, score) for score, _, recipe in scored]


def find_recipe(requirements: str, language: str) -> Match | NoMatch:
    """Return the one recipe that fits with confidence, or the three nearest."""
    ranked = rank(requirements, language)
    best, second = sorted(ranked, key=lambda match: -match.score)[:2]
    if best.score >= MIN_SCORE and best.score - second.score >= MIN_MARGIN:
        return best
    return NoMatch(tuple(match.recipe for match in ranked[:NEAREST]))


def unexplained_words(requirements: str, recipe: Recipe) -> list[str]:
    """List the informative words of a request that a recipe does not account for."""
    request = _read(requirements, LANGUAGE)
    unexplained = request.informative - explained_positions(request.words, recipe)
    return [request.words[at] for at in sorted(unexplained)]


def _read(requirements: str, language: str) -> _Request:
    text = requirements[:MAX_CHARACTERS]
    words = split_words(_COMMON_PHRASES.sub(" ", text))
    is_other = language.strip().lower() != LANGUAGE or _FOREIGN_LANGUAGE.search(text) is not None
    return _Request(
        words=words,
        informative={at for at in range(len(words)) if not is_common(words, at)},
        letters=trigrams(text),
        can_match=not is_other and len(requirements) <= MAX_CHARACTERS,
    )


def _score(request: _Request, recipe: Recipe) -> float:
    core = core_share(request.words, recipe) if request.can_match else 0.0
    if not core or asks_for_something_else(request.words, recipe):
        return 0.0
    return round(_explained_share(request, recipe) * core, 6)


def _explained_share(request: _Request, recipe: Recipe) -> float:
    explained = explained_positions(request.words, recipe)
    total = sum(_weight(request.words[at]) for at in request.informative | explained)
    return sum(_weight(request.words[at]) for at in explained) / total if total else 0.0


def _likeness(request: _Request, recipe: Recipe) -> float:
    """Compare by known words and by letters, for the order of recipes that do not fit."""
    own = _trigrams_of(recipe)
    shared = len(request.letters & own) / math.sqrt(len(request.letters) * len(own)) if request.letters else 0.0
    return _explained_share(request, recipe) + shared


@lru_cache(maxsize=_REMEMBERED_WORDS)
def _weight(word: str) -> float:
    """Weigh a word by how few recipes know it; one that none knows weighs most."""
    recipes = all_recipes()
    knowing = sum(is_known(word, recipe) for recipe in recipes)
    return math.log(1 + len(recipes) / max(knowing, 0.5))


@cache
def _trigrams_of(recipe: Recipe) -> frozenset[str]:
    texts = (*recipe.titles.values(), *recipe.descriptions.values(), *recipe.tags)
    return frozenset(trigrams(" ".join(texts)))
