"""How a kind is recognised: a pattern, and what judges its matches.

Every pattern takes time in proportion to the text, whatever it holds: repetitions are bounded, or can't be taken back.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from builds.guard.kinds import Kind

Match = re.Match[str]
Span = tuple[int, int]


def _whole(match: Match) -> Span:
    return match.span("it")


@dataclass(frozen=True)
class Shape:
    """A pattern whose group ``it`` is the value; ``span`` says where it is, None for what only looks like one."""

    kind: Kind
    pattern: re.Pattern[str]
    span: Callable[[Match], Span | None] = _whole

    def spans(self, text: str) -> Iterator[Span]:
        """Find all values in a text, which may overlap."""
        for match in self.pattern.finditer(text):
            found = self.span(match)
            if found:
                yield found


def shape(kind: Kind, pattern: str, is_real: Callable[[Match], bool] | None = None, flags: int = 0) -> Shape:
    """Make a shape whose matches are judged as a whole."""
    if is_real is None:
        return Shape(kind, re.compile(pattern, flags))
    return Shape(kind, re.compile(pattern, flags), lambda match: _whole(match) if is_real(match) else None)
