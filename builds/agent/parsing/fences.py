"""Lines that open and close a fenced block, and where a block ends when the model was not careful."""

from collections.abc import Sequence
from dataclasses import dataclass

from builds.agent.parsing.paths import extension_of, path_in_heading, path_in_info
from builds.agent.parsing.tags import MARKDOWN_EXTENSIONS, TAGS, is_written_in, tag_of

_SLACK = 3
"""How much deeper than its opening a closing fence may be indented; CommonMark's rule."""


@dataclass(frozen=True)
class Fence:
    """A line that could open or close a block."""

    indent: int
    mark: str
    length: int
    info: str

    def can_be_closed_by(self, other: "Fence") -> bool:
        """Say whether the other line counts in this block at all; shorter and deeper fences are its content."""
        return other.mark == self.mark and other.length >= self.length and other.indent <= self.indent + _SLACK


@dataclass(frozen=True)
class End:
    """Where a block's content ends. ``next_line`` is the first line after the block."""

    line: int
    next_line: int
    is_closed: bool
    is_guessed: bool = False


def read_fence(line: str) -> Fence | None:
    """Return the fence that a line is; None for every other line."""
    if "```" not in line and "~~~" not in line:
        return None
    body = line.lstrip(" \t")
    mark = body[:1]
    length = len(body) - len(body.lstrip(mark))
    info = body[length:].strip()
    if mark not in {"`", "~"} or length < len("```") or (mark == "`" and "`" in info):
        return None
    return Fence(len(line) - len(body), mark, length, info)


def is_quoted_fence(line: str) -> bool:
    """Say whether a line is a fence in a quotation."""
    body = line.lstrip()
    return body.startswith(">") and read_fence(without_mark(line)) is not None


def without_mark(line: str) -> str:
    """Take the mark of a quotation off a line."""
    return line.lstrip().removeprefix(">").removeprefix(" ")


def find_end(lines: Sequence[str], start: int, fence: Fence, *, above: Sequence[str], may_guess: bool) -> End:
    """Find where the block that a fence opened ends; ``start`` is its first line of content.

    A fence that names another file always ends the block: it is the next one. With ``may_guess`` fences of the same
    length inside Markdown and inside doc strings are taken as content; a caller that is told of a guess and of no
    closing fence asks again without.
    """
    interior = _Interior(fence, above, may_guess=may_guess)
    for at in range(start, len(lines)):
        other = read_fence(lines[at])
        if other is None or not fence.can_be_closed_by(other):
            interior.pass_line(lines[at])
        elif interior.is_next_block(other) and _ends_the_answer(lines, at, other, fence):
            return End(at, len(lines), is_closed=True, is_guessed=interior.is_guessed)
        elif interior.is_next_block(other):
            return End(_before_heading(lines, start, at), at, is_closed=False, is_guessed=interior.is_guessed)
        elif interior.is_closed_by(other, lines[at + 1 : at + 2]):
            return End(at, at + 1, is_closed=True, is_guessed=interior.is_guessed)
    return End(len(lines), len(lines), is_closed=False, is_guessed=interior.is_guessed)


class _Interior:
    """What is known while going through a block: whether a fence belongs to it or ends it."""

    def __init__(self, fence: Fence, above: Sequence[str], *, may_guess: bool) -> None:
        found = path_in_info(fence.info) or next(filter(None, map(path_in_heading, reversed(above))), None)
        extension = extension_of(found.path) if found else ""
        tag = tag_of(fence.info)
        self.is_markdown = tag in MARKDOWN_EXTENSIONS | {"markdown"} or (
            extension in MARKDOWN_EXTENSIONS and tag not in TAGS
        )
        self.has_doc_strings = extension == "py" or is_written_in(tag, "python")
        self.may_guess = may_guess
        self.is_guessed = False
        self.is_inside = False

    def pass_line(self, line: str) -> None:
        """Keep track of doc strings."""
        if self.has_doc_strings and not self.is_markdown:
            quotes = line.count('"""') + line.count("'''")
            self.is_inside ^= bool(quotes % 2)

    def is_next_block(self, fence: Fence) -> bool:
        """Say whether this fence opens another block, so that the closing one must be missing."""
        if not fence.info:
            return False
        if path_in_info(fence.info):
            return True
        return not self.is_markdown and not (self.may_guess and self.is_inside) and tag_of(fence.info) in TAGS

    def is_closed_by(self, fence: Fence, following: Sequence[str]) -> bool:
        """Say whether this fence closes the block rather than something inside it."""
        if self.is_markdown:
            return self._closes_markdown(fence, following)
        if self.is_inside and self.may_guess:
            self.is_guessed = True
            return False
        return not fence.info

    def _closes_markdown(self, fence: Fence, following: Sequence[str]) -> bool:
        if fence.info or self.is_inside:
            self.is_inside = bool(fence.info)
            return False
        # Text right below a bare fence: it opens a block inside; after a closing one there is nothing or a blank line.
        opens = self.may_guess and any(line.strip() and not read_fence(line) for line in following)
        self.is_guessed |= opens
        self.is_inside = opens
        return not opens


def _ends_the_answer(lines: Sequence[str], at: int, fence: Fence, opening: Fence) -> bool:
    """Say whether a fence that repeats the tag right below the code was meant to close: no text comes after it."""
    if tag_of(fence.info) != tag_of(opening.info) or path_in_info(fence.info) or not lines[at - 1].strip():
        return False
    for later in range(at + 1, len(lines)):
        other = read_fence(lines[later])
        if lines[later].strip() and (other is None or other.info):
            return False
    return True


def _before_heading(lines: Sequence[str], start: int, end: int) -> int:
    """Give the heading of the next block back when the closing fence before it is missing."""
    last = end - 1
    while last >= start and not lines[last].strip():
        last -= 1
    found = path_in_heading(lines[last]) if last >= start else None
    return last if found and found.is_alone else end
