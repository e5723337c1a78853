"""Words as the search sees them: identifiers taken apart, case and common endings removed."""

import re
from collections.abc import Iterator

MAX_WORD = 40
SHORTEST_STEM = 3
_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\dA-Za-z_]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Thai, Lao, Kana, Han."""
_SAY_NOTHING = """
a an and are as at be been but by can could do does for from had has have how i if in into is it its me my no not of on
or our shall should so some such than that the their them then there these they this to us use used using want was we
were what when where which who will with would you your def self return import none true false
"""
STOP_WORDS = frozenset(_SAY_NOTHING.split())


def words(text: str) -> list[str]:
    """Return the normalised words of a text in order; time grows linearly with its length."""
    return [_stem(part) for part in _parts(text)]


def content_words(text: str) -> list[str]:
    """Return the words without those that say nothing; all of them where nothing else is left."""
    parts = list(_parts(text))
    telling = [part for part in parts if part not in STOP_WORDS]
    return [_stem(part) for part in telling or parts]


def _parts(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        for part in _PART.finditer(run.group()):
            yield from _pairs(part.group()) if _UNSPACED.match(part.group()) else (part.group().lower()[:MAX_WORD],)


def _pairs(text: str) -> Iterator[str]:
    """Yield what stands side by side, for scripts that put no spaces between words."""
    yield from (text[place : place + 2] for place in range(max(1, len(text) - 1)))


def _stem(word: str) -> str:
    """Cut the endings that English and identifiers vary most; wrong but equal stems do no harm."""
    if word.endswith("ies"):
        word = f"{word[:-3]}y" if len(word) - 2 >= SHORTEST_STEM else word
    elif not word.endswith(("ss", "us", "is")):
        word = _without(word, "s")
    for ending in ("ing", "ed", "er", "or"):
        if word.endswith(ending):
            word = _without(word, ending)
            break
    return _without(word, "e")


def _without(word: str, ending: str) -> str:
    shorter = word.removesuffix(ending)
    return shorter if len(shorter) >= SHORTEST_STEM else word
