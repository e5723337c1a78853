"""Check that the brackets of a text are balanced."""

_PAIRS = {")": "(", "]": "[", "}": "{"}


def first_unbalanced(text: str) -> int | None:
    """Find the position of the first bracket without a partner, else None.

    The brackets are ``()``, ``[]`` and ``{}``; other characters are ignored.
    """
    waiting: list[tuple[str, int]] = []
    for position, letter in enumerate(text):
        if letter in _PAIRS.values():
            waiting.append((letter, position))
        elif letter in _PAIRS:
            if not waiting or waiting[-1][0] != _PAIRS[letter]:
                return position
            waiting.pop()
    return waiting[0][1] if waiting else None


def is_balanced(text: str) -> bool:
    """Tell whether every bracket is closed in the right order."""
    return first_unbalanced(text) is None
