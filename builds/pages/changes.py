"""The Changes tab: what differs between two attempts."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from builds import selectors
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.pages.reading import count, lines, plain
from builds.workspace import stored_tree

_MOST_LINES = 2_000
_COMPARED_CHARACTERS = 200_000
Kind = Literal["added", "removed", "same", "place"]
_KINDS: Mapping[str, Kind] = {"+": "added", "-": "removed", " ": "same", "@": "place"}


@dataclass(frozen=True)
class DiffLine:
    """One line of a diff; the sign stands before the text."""

    kind: Kind
    sign: str
    text: str


@dataclass(frozen=True)
class FileDiff:
    """One file's difference; ``is_too_long`` where it was not worked out."""

    path: str
    lines: tuple[DiffLine, ...]
    is_too_long: bool = False

    @property
    def added(self) -> int:
        """Count the lines that came."""
        return sum(line.kind == "added" for line in self.lines)

    @property
    def diff(self) -> str:
        """Return the difference as text."""
        return "\n".join(f"{line.sign}{line.text}" for line in self.lines)

    @property
    def removed(self) -> int:
        """Count the lines that went."""
        return sum(line.kind == "removed" for line in self.lines)


@dataclass(frozen=True)
class Remark:
    """What the agent said about an attempt."""

    attempt: int
    verdict: str
    changed_tests: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ChangesPanel:
    """The difference from one attempt to another; ``start`` 0 is the empty tree."""

    attempts: tuple[int, ...]
    start: int
    end: int
    files: tuple[FileDiff, ...]
    remarks: tuple[Remark, ...]


def chosen(attempts: Sequence[int], start: int | None, end: int | None) -> tuple[int, int]:
    """Return which attempts to compare: the wanted ones where they exist, else the last two."""
    if not attempts:
        return 0, 0
    last = end if end is not None and end in attempts else attempts[-1]
    before = [attempt for attempt in attempts if attempt < last]
    is_there = start is not None and (start == 0 or start in attempts)
    first = start if is_there else (before[-1] if before else 0)
    return int(first or 0), last


@dataclass(frozen=True)
class Comparison:
    """What differs from one attempt to another."""

    before: int
    after: int
    files: tuple[FileDiff, ...]


def compared(build: Build, before: int | None = None, after: int | None = None) -> Comparison:
    """Compare two of a build's attempts: the last two unless told; one that isn't there counts as not told."""
    start, end = chosen(selectors.attempts(build.id), before, after)
    trees = {number: stored_tree(build.id, number) for number in {start, end} if number or start != end}
    return Comparison(start, end, differences(trees.get(start, {}), trees.get(end, {})))


def changes_panel(
    attempts: Sequence[int],
    ends: tuple[int, int],
    trees: Mapping[int, Mapping[str, str]],
    events: Sequence[RunEvent],
) -> ChangesPanel:
    """Compare two stored trees."""
    start, end = ends
    files = differences(trees.get(start, {}), trees.get(end, {}))
    return ChangesPanel(tuple(attempts), start, end, files, tuple(_remarks(events, start, end)))


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileDiff, ...]:
    """Compare two trees, file by file."""
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return tuple(_compare(path, before.get(path, ""), after.get(path, "")) for path in changed)


def _compare(path: str, before: str, after: str) -> FileDiff:
    if len(before) + len(after) > _COMPARED_CHARACTERS:
        return FileDiff(path, (), is_too_long=True)
    rows = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]
    found = tuple(_line(row) for row in rows[:_MOST_LINES])
    return FileDiff(path, found, is_too_long=len(rows) > _MOST_LINES)


def _line(row: str) -> DiffLine:
    kind = _KINDS.get(row[:1], "same")
    return DiffLine(kind, "", row) if kind == "place" else DiffLine(kind, row[:1], row[1:])


def _remarks(events: Sequence[RunEvent], start: int, end: int) -> Iterator[Remark]:
    for event in events:
        attempt = count(event.payload.get("attempt"))
        if event.kind != "files.changed" or not start < attempt <= end:
            continue
        remark = Remark(
            attempt=attempt,
            verdict=plain(event.payload.get("verdict", "")),
            changed_tests=tuple(lines(event.payload.get("changed_tests"))),
            notes=(*lines(event.payload.get("notes")), *lines(event.payload.get("refused"))),
        )
        if remark.verdict or remark.changed_tests or remark.notes:
            yield remark
