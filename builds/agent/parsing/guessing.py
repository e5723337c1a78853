"""Names for blocks that nobody named; a guess is always noted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builds.agent.parsing.blocks import Block, text_of
from builds.agent.parsing.dialects import (
    DIALECTS,
    Dialect,
    definitions,
    imported_names,
    is_test_path,
    is_test_source,
    own_imports,
)
from builds.agent.parsing.tags import is_written_in, tag_of

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TREE_MARKS = ("├", "└", "│", "$ ", ">>> ")


@dataclass(frozen=True)
class Guess:
    """A path for a block without one; ``is_default`` when it is the caller's."""

    path: str
    block: Block
    is_default: bool


def guess_paths(
    blocks: Sequence[Block], *, named: Mapping[str, str], language: str, default_path: str | None
) -> list[Guess]:
    """Name the blocks that are worth keeping: those that define something no named file defines."""
    candidates = [block for block in blocks if _is_candidate(block, language)]
    free_default = default_path if default_path and default_path not in named else None
    if len(candidates) == 1 and free_default:
        return [Guess(free_default, candidates[0], is_default=True)]
    guesser = _Guesser(candidates, named, language, free_default)
    return [guess for block in candidates if (guess := guesser.guess(block))]


def _is_candidate(block: Block, language: str) -> bool:
    if not is_written_in(tag_of(block.info), language):
        return False
    lines = [line for line in block.lines if line.strip()]
    return bool(lines) and not any(line.lstrip().startswith(_TREE_MARKS) for line in lines[:20])


class _Guesser:
    def __init__(
        self, candidates: Sequence[Block], named: Mapping[str, str], language: str, default_path: str | None
    ) -> None:
        self.language = language
        self.default_path = default_path
        self.is_lone = len(candidates) == 1 and not named
        self.known = {name for text in named.values() for name in definitions(text.split("\n"), language)}
        sources = [*(text.split("\n") for text in named.values()), *(block.lines for block in candidates)]
        self.modules = {name: module for lines in sources for name, module in imported_names(lines, language).items()}
        self.named = named
        self.default_names: set[str] = set()

    def guess(self, block: Block) -> Guess | None:
        """Return None for what only shows how to use the code."""
        names = definitions(block.lines, self.language)
        is_test = is_test_source(block.lines, self.language)
        if not is_test and not self.is_lone and (not names or self.known.intersection(names)):
            return None
        if self._takes_default(names, is_test=is_test) and self.default_path:
            return Guess(self.default_path, block, is_default=True)
        dialect = DIALECTS.get(self.language)
        path = self._path(dialect, block, names, is_test=is_test) if dialect else ""
        return Guess(path, block, is_default=False) if path and path not in self.named else None

    def _takes_default(self, names: Sequence[str], *, is_test: bool) -> bool:
        """Give the caller's name to the first block of its kind, and to later versions of the same code."""
        if not self.default_path or is_test_path(self.default_path) != is_test:
            return False
        if self.default_names and not self.default_names.intersection(names):
            return False
        self.default_names.update(names)
        return True

    def _path(self, dialect: Dialect, block: Block, names: Sequence[str], *, is_test: bool) -> str:
        if is_test:
            tested = next(iter(own_imports(block.lines, self.language)), "main")
            return dialect.test_name.format(tested.rsplit("/", 1)[-1].replace(".", "_"))
        if module := next((self.modules[name] for name in names if name in self.modules), ""):
            return f"{module.replace('.', '/')}.{dialect.extension}"
        stem = _WORD_START.sub("_", names[0]).lower().strip("_$") if names else "main"
        return f"{stem}.{dialect.extension}"


def source_of(guess: Guess) -> str:
    """Return a guessed block's content as a file."""
    return text_of(guess.block.lines)
