"""Files out of a model's answer, in whatever shape a small model wrote them; nothing in here raises."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from builds.agent.parsing.blocks import Block, Document, cut_into_blocks, text_of
from builds.agent.parsing.cleaning import clean
from builds.agent.parsing.dialects import is_source
from builds.agent.parsing.edits import Edit
from builds.agent.parsing.fences import read_fence
from builds.agent.parsing.guessing import guess_paths, source_of
from builds.agent.parsing.hunks import Changes, has_diff, has_hunks, read_diff, read_hunks
from builds.agent.parsing.naming import Named, name_block
from builds.agent.parsing.paths import path_in_heading
from builds.agent.parsing.tags import DIFF_TAGS, tag_of
from builds.agent.parsing.wrapped import files_in_json
from builds.agent.tree import broken_rule
from builds.agent.values import Value

MAX_EDITS = 200

_ELLIPSES = ("...", "…")
_LEFT_OUT = ("rest of", "existing", "unchanged", "remains the same", "same as before", "previous code")


class ParsedFiles(Value):
    """What an answer holds; with neither files nor edits the caller asks for the format once more.

    ``notes`` are codes of the tolerances that were needed. ``refused`` are unsafe paths with the rule they break; what
    stood under them is left out. ``is_cut_off``: the answer ends inside a block, so its last file may be a part only.
    """

    files: dict[str, str]
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    is_cut_off: bool = False


def parse_files(text: str, *, language: str, default_path: str | None = None) -> ParsedFiles:
    """Return the files and edits of a model's answer.

    :param language: as in ``Build.language``; decides which blocks without a name are source code.
    :param default_path: the file that was asked for; the name of a block that has none.
    """
    cleaned = clean(text)
    document = cut_into_blocks(cleaned.text)
    reader = _Reader(language, default_path, list(cleaned.notes), is_cut_off=cleaned.is_cut_off)
    if wrapped := files_in_json(cleaned.text, document):
        reader.note("json_wrapped")
        for path, content in wrapped:
            reader.add_file(path, content)
    else:
        reader.read(document)
    return reader.result()


@dataclass
class _Reader:
    language: str
    default_path: str | None
    notes: list[str]
    is_cut_off: bool
    files: dict[str, str] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    """Paths whose only version so far is cut off or leaves something out."""
    edits: list[Edit] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unnamed: list[Block] = field(default_factory=list)

    def read(self, document: Document) -> None:
        self._read_blocks(document, may_unwrap=True)
        self._name_the_unnamed()
        if not document.blocks and not self.edits and not self.files:
            self._read_unfenced(document.below)
        if document.blocks and not document.blocks[-1].is_closed:
            self.is_cut_off = True

    def _read_blocks(self, document: Document, *, may_unwrap: bool) -> None:
        for block in document.blocks:
            self._read_prose(block.above)
            self._read_block(block, may_unwrap=may_unwrap)
        self._read_prose(document.below)

    def result(self) -> ParsedFiles:
        return ParsedFiles(
            files=self.files,
            edits=tuple(self.edits),
            notes=tuple(dict.fromkeys(self.notes)),
            refused=tuple(dict.fromkeys(self.refused)),
            is_cut_off=self.is_cut_off,
        )

    def note(self, code: str) -> None:
        self.notes.append(code)

    def add_file(self, path: str, content: str, *, is_closed: bool = True) -> None:
        """Keep a file; a later version replaces an earlier one unless it is only a part of it."""
        if not self._accept(path):
            return
        is_partial = not is_closed
        if _leaves_out(content):
            self.note("left_out")
            is_partial = True
        if path in self.files:
            self.note("duplicate_path")
            if is_partial and path not in self.partial:
                return
        self.files[path] = content
        self.partial.add(path) if is_partial else self.partial.discard(path)

    def _accept(self, path: str) -> bool:
        rule = broken_rule(path)
        if rule:
            self.refused.append((path[:200], rule))
        return not rule

    def _read_block(self, block: Block, *, may_unwrap: bool) -> None:
        if not block.is_closed:
            self.note("unclosed_fence")
        if block.is_unescaped:
            self.note("escaped_html")
        named = name_block(block, taken=self.files, language=self.language)
        if not (named and named.is_whole) and self._read_changes(block, named):
            return
        if named:
            self.add_file(named.path, text_of(named.lines), is_closed=block.is_closed)
        elif may_unwrap and (inner := _blocks_inside(block)):
            self.note("wrapped_in_markdown")
            self._read_blocks(inner, may_unwrap=False)
        else:
            self.unnamed.append(block)

    def _read_changes(self, block: Block, named: Named | None) -> bool:
        """Read a block that holds edits instead of a file."""
        path = named.path if named else ""
        first = [line for line in block.lines[:12] if line.strip()][:3]
        if has_hunks(first):
            self._add_changes(read_hunks(block.lines, path))
        elif tag_of(block.info) in DIFF_TAGS or (not block.info and not block.tag_path and has_diff(block.lines[:8])):
            self._add_changes(read_diff(block.lines, path))
        else:
            return False
        return True

    def _read_prose(self, lines: Sequence[str]) -> None:
        """Read edits that stand outside any block."""
        if has_hunks(lines):
            self._add_changes(read_hunks(lines, ""))
        elif has_diff(lines):
            self._add_changes(read_diff(lines, ""))

    def _add_changes(self, changes: Changes) -> None:
        for path, content in changes.files.items():
            self.add_file(path, content)
        for edit in changes.edits:
            self._add_edit(edit)
        if changes.is_cut_off:
            self.note("unclosed_edit")
            self.is_cut_off = True
        if changes.has_deletion:
            self.note("deletion_ignored")

    def _add_edit(self, edit: Edit) -> None:
        # Whoever edits the same file again does not always repeat its name.
        path = edit.path or (self.edits[-1].path if self.edits else self.default_path) or ""
        if not path:
            self.note("edit_without_path")
        elif len(self.edits) >= MAX_EDITS:
            self.note("too_many_edits")
        elif self._accept(path):
            self.edits.append(edit.model_copy(update={"path": path}))

    def _name_the_unnamed(self) -> None:
        guesses = guess_paths(self.unnamed, named=self.files, language=self.language, default_path=self.default_path)
        for guess in guesses:
            self.note("default_path" if guess.is_default else "path_guessed")
            self.add_file(guess.path, source_of(guess), is_closed=guess.block.is_closed)
        if len(guesses) < len(self.unnamed):
            self.note("block_ignored")

    def _read_unfenced(self, lines: Sequence[str]) -> None:
        """Read code that came without any fence: files under ``=== name ===`` lines, or one file."""
        starts = [at for at, line in enumerate(lines) if line.startswith(("===", "---")) and path_in_heading(line)]
        for start, end in pairwise([*starts, len(lines)]):
            found = path_in_heading(lines[start])
            content = "\n".join(lines[start + 1 : end]).strip("\n")
            if found and content.strip():
                self.note("no_fence")
                self.add_file(found.path, f"{content}\n")
        if not starts and is_source(lines, self.language):
            self.note("no_fence")
            self.unnamed = [Block("", tuple(_stripped(lines)), (), is_closed=True)]
            self._name_the_unnamed()


def _blocks_inside(block: Block) -> Document | None:
    """Return the blocks of an answer that was wrapped as a whole in a Markdown block."""
    is_wrapper = tag_of(block.info) in {"markdown", "md"} and any(read_fence(line) for line in block.lines)
    return cut_into_blocks(text_of(block.lines)) if is_wrapper else None


def _stripped(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


def _leaves_out(content: str) -> bool:
    """Say whether a comment stands for code, as in ``# ... rest of the code unchanged``."""
    return any(_stands_for_code(line) for line in content.split("\n"))


def _stands_for_code(line: str) -> bool:
    words = line.strip()[:120].lower()
    if not words.startswith(("#", "//", "/*", "...", "…")) or not any(mark in words for mark in _ELLIPSES):
        return False
    return any(phrase in words for phrase in _LEFT_OUT)
