"""Which file a block is, by what the model wrote around it."""

from collections.abc import Collection
from dataclasses import dataclass

from builds.agent.parsing.blocks import Block
from builds.agent.parsing.dialects import is_test_path, is_test_source
from builds.agent.parsing.paths import (
    FoundPath,
    extension_of,
    looks_like_file,
    path_in_comment,
    path_in_heading,
    path_in_info,
    tidy_path,
)
from builds.agent.parsing.tags import MARKDOWN_EXTENSIONS, can_be, tag_of

_LINES_ABOVE = 3


@dataclass(frozen=True)
class Named:
    """A block's path, and its content without the line that only told the path."""

    path: str
    lines: tuple[str, ...]
    is_whole: bool = False


def name_block(block: Block, *, taken: Collection[str], language: str) -> Named | None:
    """Return the file that a block is said to be; None when nothing around it says so.

    The nearer a name stands to the code the more it counts: tag, info string, first line, heading. A name that is only
    mentioned in a sentence counts least: not when a file of that name is already there or the code is of another kind.
    """
    if block.tag_path:
        return Named(tidy_path(block.tag_path), block.lines)
    if found := path_in_info(block.info):
        return Named(found.path, block.lines, is_whole=found.is_whole)
    return _name_on_first_line(block) or _name_above(block, taken=taken, language=language)


def _name_on_first_line(block: Block) -> Named | None:
    at = next((at for at, line in enumerate(block.lines) if line.strip() and not line.startswith("#!")), None)
    if at is None:
        return None
    line = block.lines[at]
    found = path_in_comment(line) or _bare_name(line, block)
    if not found or not can_be(tag_of(block.info), extension_of(found.path)):
        return None
    is_title = extension_of(found.path) in MARKDOWN_EXTENSIONS and line.startswith("# ")
    kept = block.lines if not found.is_alone or is_title else (*block.lines[:at], *_without_gap(block.lines[at + 1 :]))
    return Named(found.path, kept)


def _bare_name(line: str, block: Block) -> FoundPath | None:
    """Accept a line that is nothing but a name; below ``text`` it would be a list of files."""
    word = line.strip()
    is_code = tag_of(block.info) not in {"", "text", "txt", "plaintext", "markdown", "md"}
    follows_edit = any(line.startswith("<<<<<<<") for line in block.lines[:4])
    return FoundPath(tidy_path(word)) if looks_like_file(word) and (is_code or follows_edit) else None


def _without_gap(lines: tuple[str, ...]) -> tuple[str, ...]:
    return lines[1:] if lines and not lines[0].strip() else lines


def _name_above(block: Block, *, taken: Collection[str], language: str) -> Named | None:
    near = [line for line in block.above[-12:] if line.strip()][-_LINES_ABOVE:]
    for distance, line in enumerate(reversed(near)):
        found = path_in_heading(line)
        if not found or not can_be(tag_of(block.info), extension_of(found.path)):
            continue
        if found.is_alone or (distance == 0 and _may_be_meant(found.path, block, taken, language)):
            return Named(found.path, block.lines)
    return None


def _may_be_meant(path: str, block: Block, taken: Collection[str], language: str) -> bool:
    return path not in taken and is_test_path(path) == is_test_source(block.lines, language)
