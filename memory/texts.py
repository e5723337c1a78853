"""Foreign text made fit for a database; stored and asked for in the same way."""

import unicodedata

from agentsite.common.texts import reorders

MAX_LANGUAGE = 32


def clean(text: str, length: int | None = None) -> str:
    """Drop what a database refuses: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:length]


def language_name(text: str) -> str:
    """Return a programming language's name as it is stored."""
    return clean(text, MAX_LANGUAGE).strip().lower()


def label(text: str, length: int) -> str:
    """Return a name of another program's, on one line, without what would show it otherwise than it is."""
    plain = (letter for letter in clean(text) if not reorders(letter))
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in plain).split())[:length]
