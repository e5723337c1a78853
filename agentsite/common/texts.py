"""Text that both databases can keep."""

import unicodedata
from typing import Any

_NOT_STORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def reorders(text: str) -> bool:
    """Say whether a text holds controls that show what stands around them in another order.

    Right-to-left writing needs none of them: its letters say by themselves which way they go.
    """
    return not text.isascii() and not _REORDERING.isdisjoint(text)


def holds_controls(text: str, allowed: str = "") -> bool:
    """Say whether a text holds control characters, or halves of surrogate pairs, other than those allowed."""
    return any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in allowed for letter in text)


def storable(value: Any) -> Any:
    """Return a text, or plain JSON, in which NUL and lone surrogates are replaced: PostgreSQL refuses both."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else value.translate(_NOT_STORABLE)
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value
