"""What the agent says by itself, in the languages that it speaks."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

SPOKEN = ("en", "ru")


def spoken(speech: str) -> str:
    """Return a language that the agent speaks: the one that is asked for, or English."""
    return speech if speech in SPOKEN else SPOKEN[0]


def say(speech: str, phrase: str, /, **words: object) -> str:
    """Return a sentence in a language; in English when the agent doesn't speak it."""
    text: str = _book(speech)[phrase]
    return text.format(**words)


def word(speech: str, kind: str, value: str) -> str:
    """Return the word for a value: a ``status`` or a ``verification``."""
    words: dict[str, str] = _book(speech)[kind]
    return words.get(value, value)


@cache
def _book(speech: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{spoken(speech)}.toml").read_text(encoding="utf-8"))
