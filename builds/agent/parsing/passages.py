"""Running text in passages, so that a sentence that was wrapped is judged as a whole."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n(?=[A-ZА-ЯЁ])")
_PASSAGE_START = re.compile(r"\s*(?:#{1,6} |[-*+•>] |\d{1,3}[.)] |```|~~~|assert |[`*]{0,3}[A-Za-z_$][\w$.]*\()")
_FENCES = ("```", "~~~")


@dataclass(frozen=True)
class Passage:
    """Lines that belong together. ``line`` counts from 0; ``is_apart``: a blank line stands above."""

    text: str
    line: int
    is_apart: bool

    @property
    def is_heading(self) -> bool:
        """Say whether it leads to what stands below."""
        return self.text.lstrip().startswith("#") or self.text.rstrip(" *`").endswith(":")


def read_passages(lines: Iterable[str]) -> Iterator[Passage]:
    """Join wrapped lines; calls and list items begin something new, blank lines in a fenced block set nothing apart."""
    gathered: list[str] = []
    first = 0
    is_apart, is_fenced = True, False
    for at, line in enumerate(lines):
        if gathered and (not line.strip() or _PASSAGE_START.match(line)):
            yield Passage("\n".join(gathered), first, is_apart)
            gathered, is_apart = [], False
        is_fenced ^= line.lstrip().startswith(_FENCES)
        if line.strip():
            first = first if gathered else at
            gathered.append(line)
        else:
            is_apart |= not is_fenced
    if gathered:
        yield Passage("\n".join(gathered), first, is_apart)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence begins and ends."""
    ends = [*(found.start() + 1 for found in _SENTENCE_END.finditer(text)), len(text)]
    return list(zip([0, *ends], ends, strict=False))


def paragraph_above(lines: list[str], line: int) -> str:
    """Return the nearest words above a line, without fences, one blank line or more away at most."""
    at = line - 1
    while at >= 0 and (not lines[at].strip() or lines[at].lstrip().startswith(_FENCES)):
        at -= 1
    last = at
    while at >= 0 and last - at < 6 and lines[at].strip() and not lines[at].lstrip().startswith(_FENCES):  # noqa: PLR2004 - enough for a paragraph
        at -= 1
    return "\n".join(lines[at + 1 : last + 1])


def paragraph_below(lines: list[str], line: int) -> str:
    """Return the nearest words below a line, without fences."""
    at = line + 1
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith(_FENCES)):
        at += 1
    return "\n".join(lines[at : at + 3])
