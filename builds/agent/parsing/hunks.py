"""Search/replace hunks and unified diffs in a model's lines, read as edits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from builds.agent.parsing.blocks import text_of
from builds.agent.parsing.edits import Edit
from builds.agent.parsing.paths import path_in_comment, path_in_heading, tidy_path

_SEARCH = re.compile(r"(<{5,9}) ?(?:SEARCH|ORIGINAL|HEAD|OLD)?:?$", re.IGNORECASE)
_REPLACE = re.compile(r"(>{5,9}) ?(?:REPLACE|UPDATED|NEW)?:?$", re.IGNORECASE)
_DIFF_PREFIX = re.compile(r"[ab]/")


@dataclass
class Changes:
    """What a stretch of lines changes; ``files`` are whole new files, ``is_cut_off`` tells of a hunk without end."""

    edits: list[Edit] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    has_deletion: bool = False
    is_cut_off: bool = False


def has_hunks(lines: Sequence[str]) -> bool:
    """Say whether a line opens a search/replace hunk."""
    return any(line.startswith("<<<<<") and _SEARCH.match(line.rstrip()[:40]) for line in lines)


def has_diff(lines: Sequence[str]) -> bool:
    """Say whether two lines are the head of a unified diff."""
    return any(_is_diff_head(lines, at) for at in range(len(lines) - 1))


def read_hunks(lines: Sequence[str], path: str) -> Changes:
    """Read search/replace hunks; a line with a name between them changes the path. An unknown path stays empty."""
    changes = Changes()
    at = 0
    while at < len(lines):
        opened = _SEARCH.match(lines[at].strip()[:40])
        if not opened:
            path = _named(lines[at]) or path
            at += 1
            continue
        middle = _find(lines, at + 1, "=" * len(opened[1]))
        end = _find_end(lines, middle + 1)
        if end >= len(lines):
            changes.is_cut_off = True
            break
        search, replace = text_of(lines[at + 1 : middle]), text_of(lines[middle + 1 : end])
        changes.edits.append(Edit(path=path, search=search, replace=replace))
        at = end + 1
    return changes


def _named(line: str) -> str:
    if not line.strip():
        return ""
    found = path_in_comment(line) or path_in_heading(line)
    return found.path if found and found.is_alone else ""


def _find(lines: Sequence[str], start: int, wanted: str) -> int:
    return next((at for at in range(start, len(lines)) if lines[at].strip() == wanted), len(lines))


def _find_end(lines: Sequence[str], start: int) -> int:
    return next((at for at in range(start, len(lines)) if _REPLACE.match(lines[at].strip()[:40])), len(lines))


def read_diff(lines: Sequence[str], path: str) -> Changes:
    """Read a unified diff; line numbers and counts are ignored, for models get them wrong."""
    return _DiffReader(lines, path).read()


def _is_diff_head(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


@dataclass
class _DiffReader:
    lines: Sequence[str]
    path: str
    changes: Changes = field(default_factory=Changes)
    is_new: bool = False
    is_deleted: bool = False
    hunk: list[tuple[str, str]] | None = None
    """Sign and text of the lines of the hunk that is being read."""

    def read(self) -> Changes:
        at = 0
        while at < len(self.lines):
            at += self._step(at)
        self._close()
        return self.changes

    def _step(self, at: int) -> int:
        """Read one line, or the two of a head; return how many."""
        line = self.lines[at]
        if _is_diff_head(self.lines, at):
            self._close()
            self._begin(line, self.lines[at + 1])
            return 2
        if line.startswith("@@"):
            self._close()
            self.hunk = []
        elif self.hunk is not None:
            self._take(self.hunk, line)
        return 1

    def _begin(self, old: str, new: str) -> None:
        before, after = _diff_path(old), _diff_path(new)
        self.is_new, self.is_deleted = before == "/dev/null", after == "/dev/null"
        self.path = tidy_path(before if self.is_deleted else after)
        self.changes.has_deletion |= self.is_deleted

    def _take(self, hunk: list[tuple[str, str]], line: str) -> None:
        if line[:1] in {" ", "+", "-"}:
            hunk.append((line[0], line[1:]))
        elif not line:
            hunk.append(("", ""))
        elif not line.startswith("\\"):
            self._close()

    def _close(self) -> None:
        hunk, self.hunk = self.hunk, None
        # Blank lines without a sign at the end lie between hunks, not in them.
        while hunk and hunk[-1] == ("", ""):
            hunk.pop()
        if not hunk or self.is_deleted:
            return
        search = text_of([text for sign, text in hunk if sign != "+"])
        replace = text_of([text for sign, text in hunk if sign != "-"])
        if self.is_new:
            self.changes.files[self.path] = self.changes.files.get(self.path, "") + replace
        elif search != replace:
            self.changes.edits.append(Edit(path=self.path, search=search, replace=replace))


def _diff_path(line: str) -> str:
    name = line[4:304].split("\t", maxsplit=1)[0].strip()
    return name[2:] if _DIFF_PREFIX.match(name) else name
