"""Whether a text took something over from a passage: found in the text itself, whatever its writer says."""

TELLING_CHARS = 12
"""Shorter lines (``return x``, ``else:``) stand in any code."""
FEWEST_LINES = 2


def cites(text: str, passage: str) -> bool:
    """Say whether at least a third of a passage's telling lines, and no fewer than two, stand in a text."""
    offered = _telling(passage)
    shared = len(offered & _telling(text))
    return shared >= FEWEST_LINES and 3 * shared >= len(offered)


def _telling(text: str) -> set[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return {line for line in lines if len(line) >= TELLING_CHARS}
