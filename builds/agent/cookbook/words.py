"""Split a request into words and compare words by their stems, in English and Russian."""

import re
import unicodedata
from functools import lru_cache

_STRING = r"""(?:"[^"\n]{0,200}"|'[^'\n]{0,200}')"""
_LITERAL = rf"(?:{_STRING}|-?\d[\w.]{{0,40}}|[\[({{][^\n\])}}]{{0,200}}[\])}}]|true|false|none)"
_GIVES = r"(?:->|=>|==|=|→|gives|returns|should return|should give|is|возвращает|вернет|дает)"
# A call with anything but literals in it may hide a wish, so its words are kept.
_CALL = rf"\b[a-z_][\w.]{{0,60}}\((?:{_STRING}|(?:true|false|none)\b|[^()\n'\"a-zа-я_])*\)"
_EXAMPLE = re.compile(rf"`?{_CALL}`?\s{{0,3}}{_GIVES}\s{{0,3}}`?(?:{_LITERAL}|raises?\s\w{{1,40}})`?")
# What is raised stays: a recipe must know the error.
_RAISING = re.compile(rf"`?{_CALL}`?\s{{0,3}}(?:should |must )?(?:raises?|throws?|вызывает|бросает)\s`?(\w{{1,40}})`?")
_LIKE = r"\b(?:such as|like|e\.g\.|for example|for instance|вроде|типа|например)[:,]?\s[`'\"]?"
_TERM = r"[(-]{0,5}\d{1,9}(?:\.\d{1,9})?\){0,5}"
_STOP = r"[`'\"]?(?![\w(])(?!\.\d)(?!\s?[-+*/^%=!<>])"
_DOCTEST = re.compile(rf"^\s{{0,20}}>>> {_CALL}[^\S\n]{{0,5}}\n[^\n]+", re.MULTILINE)
_REWRITES = (
    (re.compile(rf"{_LIKE}{_TERM}(?:\s?[-+*/]\s?{_TERM}){{1,20}}{_STOP}"), " sample_expression "),
    (re.compile(rf"{_LIKE}(?:[1-9]\d{{0,2}}|[1-3]\d{{3}}){_STOP}"), " sample_integer "),
    (re.compile(r"\be-mail"), "email"),
    (re.compile(r"\bto-do\b"), "todo"),
    (re.compile(r"\biso[ -]?8601"), "iso8601"),
    (re.compile(r"\ba\*"), "astar"),
    (re.compile(r"\b(?:don|doesn|didn|isn|aren|can|won|shouldn)['’]?t\b"), "not"),
    (re.compile(r"['’]s\b"), ""),
    (re.compile(r"°\s?([cf])\b"), r" degrees_\1 "),
    (re.compile(r"\bc (to|and|into|in|в|и|<->|↔) f\b"), r"degrees_c \1 degrees_f"),
    (re.compile(r"\bf (to|and|into|in|в|и|<->|↔) c\b"), r"degrees_f \1 degrees_c"),
    (re.compile(r"\b[oо]\(\s?(?:1|n|log n|n log n|n\^?2|n²)\s?\)"), " complexity "),
    (re.compile(r"\bpython\s?2(?:\.\d+)?\b"), "python2"),
    (re.compile(r"(?<![\w-])(?:python|питоне?|пайтоне?)\s?3?(?:\.\d{1,2})?\+?(?=\W|$)"), "python"),
    (re.compile(r"\.py\b"), " "),
)
_WORD = re.compile(r"c\+\+|c#|f#|\.net\b|(?<![\w)])-\d+|\d+(?:\.\d+)?(?![^\W\d_])|[^\W_]\w*")
_EN_ENDINGS = ("ations", "ation", "ators", "ator", "ating", "ings", "ing", "ions", "ion", "ers", "er", "ed", "es", "s")
_RU_LETTERS = (
    "иями ями ами иях ях ах ией ов ев ей ой ый ий ая яя ое ее ые ие ого его ому ему ыми ими ых их ую юю ом ем "
    "ам ям ию ью ия ья а я о е и ы у ю ь й ть ет ют ит ят ешь ишь"
)
_RU_ENDINGS = tuple(sorted(_RU_LETTERS.split(), key=len, reverse=True))
_MIN_STEM = 3
_PREFIX_TAIL = 3


def split_words(text: str) -> list[str]:
    """List the words of a request in lower case; examples of calls with their results are left out.

    Names with underscores stay whole. Spellings of the same thing are made one: ``e-mail`` and ``email``.
    """
    plain = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    plain = _RAISING.sub(r" \1 ", _EXAMPLE.sub(" ", _DOCTEST.sub(" ", plain)))
    for pattern, replacement in _REWRITES:
        plain = pattern.sub(replacement, plain)
    return _WORD.findall(plain)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut the usual endings off a word."""
    if re.search("[а-я]", word):
        return _cut(word, _RU_ENDINGS)
    if word.endswith("ies") and len(word) > _MIN_STEM + 1:
        return word[:-3] + "y"
    shorter = word.removesuffix("s") if not word.endswith(("ss", "us", "is")) and len(word) > _MIN_STEM else word
    shorter = _cut(shorter, _EN_ENDINGS)
    if shorter[-1] == shorter[-2:-1] and shorter[-1] not in "lsz" and shorter != word:
        shorter = shorter[:-1]
    return shorter.removesuffix("e") if len(shorter) > _MIN_STEM else shorter


def matches(pattern: str, word: str) -> bool:
    """Compare a word with a vocabulary entry.

    ``=word`` means this very form, ``begin*`` any word that begins so, ``begin~`` one that goes on for at most three
    letters, and anything else the same stem.
    """
    if pattern[0] == "=":
        return word == pattern[1:]
    if pattern[-1] == "*":
        return word.startswith(pattern[:-1])
    if pattern[-1] == "~":
        return word.startswith(pattern[:-1]) and len(word) <= len(pattern) - 1 + _PREFIX_TAIL
    return word == pattern or stem(word) == stem(pattern)


def trigrams(text: str) -> set[str]:
    """List the runs of three letters of each word, with its edges marked."""
    return {f" {word} "[at : at + 3] for word in split_words(text) for at in range(len(word))}


def _cut(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word[: -len(ending)]
    return word
