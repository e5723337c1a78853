"""Words by which messages in English and Russian say what they want, from ``vocabulary.toml``."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from builds.agent.talking.values import Intent

_FILE = Path(__file__).with_name("vocabulary.toml")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_BEFORE, _AFTER = r"(?:^|[^\w])", r"(?:$|[^\w])"


def votes(text: str) -> dict[Intent, float]:
    """Return how much speaks for each intent in a text of lower case."""
    sums: dict[Intent, float] = {}
    for intent, weight, pattern in _marks():
        if pattern.search(text):
            sums[intent] = sums.get(intent, 0.0) + weight
    return sums


def programming(text: str) -> str:
    """Return the programming language that is named first in a text of lower case; empty when none is."""
    found = [(match.start(), name) for name, pattern in _languages() if (match := pattern.search(text))]
    return min(found)[1] if found else ""


@cache
def _source() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _marks() -> tuple[tuple[Intent, float, re.Pattern[str]], ...]:
    return tuple((Intent(row["intent"]), row["weight"], re.compile(_pattern(row))) for row in _source()["mark"])


@cache
def _languages() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(_words(words))) for name, words in _source()["programming"].items())


def _pattern(row: dict[str, Any]) -> str:
    if "words" in row:
        return _words(row["words"])
    if "begins" in row:
        return rf"^\W*(?:{_filled('|'.join(row['begins']))}){_AFTER}"
    return _filled(row["pattern"])


def _words(words: Sequence[str]) -> str:
    return f"{_BEFORE}(?:{_filled('|'.join(words))}){_AFTER}"


def _filled(text: str) -> str:
    lists: dict[str, list[str]] = _source()["lists"]
    text = text.replace("{^}", _BEFORE).replace("{$}", _AFTER)
    return _PLACE.sub(lambda match: f"(?:{'|'.join(lists[match[1]])})", text)
