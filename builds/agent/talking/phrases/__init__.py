"""What the agent says by itself, in the languages that it speaks."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

SPOKEN = ("en", "ru")


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
    known = speech if speech in SPOKEN else "en"
    return tomllib.loads((Path(__file__).parent / f"{known}.toml").read_text(encoding="utf-8"))
