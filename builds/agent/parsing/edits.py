"""Changes of files by search and replace: the search text must stand in the file exactly once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from builds.agent.tree import broken_rule
from builds.agent.values import Tree, Value

_MAX_CANDIDATES = 20


class Edit(Value):
    """Replace whole lines of a file. Without ``search`` it makes a new file."""

    path: str
    search: str
    replace: str


class FailedEdit(Value):
    """An edit that could not be made, and why."""

    edit: Edit
    reason: Literal["unsafe_path", "no_such_file", "file_exists", "not_found", "ambiguous"]


def apply_edits(tree: Tree, edits: Iterable[Edit]) -> tuple[dict[str, str], list[FailedEdit]]:
    """Make the edits one after the other; return the new tree and the edits that failed, which changed nothing.

    Lines are looked for as they are, then without the space at their ends, then with another indentation that is the
    same for all lines; the first of these ways that finds them once decides, and one that finds them twice fails.
    """
    files = dict(tree)
    failed: list[FailedEdit] = []
    for edit in edits:
        outcome = _apply(files.get(edit.path), edit)
        if isinstance(outcome, FailedEdit):
            failed.append(outcome)
        else:
            files[edit.path] = outcome
    return files, failed


def _apply(text: str | None, edit: Edit) -> str | FailedEdit:
    if broken_rule(edit.path):
        return FailedEdit(edit=edit, reason="unsafe_path")
    if not edit.search.strip():
        return FailedEdit(edit=edit, reason="file_exists") if text and text.strip() else edit.replace
    if text is None:
        return FailedEdit(edit=edit, reason="no_such_file")
    lines = text.split("\n")
    search = _lines(edit.search)
    replace = _lines(edit.replace)
    for attempt in (_exact, _without_line_ends, _with_other_indentation):
        found = list(attempt(lines, search, replace))
        if len(found) == 1:
            at, new = found[0]
            return "\n".join([*lines[:at], *new, *lines[at + len(search) :]])
        if found:
            return FailedEdit(edit=edit, reason="ambiguous")
    return FailedEdit(edit=edit, reason="not_found")


_Found = Iterator[tuple[int, Sequence[str]]]
"""Line numbers where the search text stands, each with what belongs there instead."""


def _exact(lines: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> _Found:
    return ((at, replace) for at in _positions(lines, search))


def _without_line_ends(lines: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> _Found:
    return ((at, replace) for at in _positions([line.rstrip() for line in lines], [line.rstrip() for line in search]))


def _with_other_indentation(lines: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> _Found:
    for at in _positions([line.strip() for line in lines], [line.strip() for line in search]):
        moved = _moved(lines[at : at + len(search)], search, replace)
        if moved is not None:
            yield at, moved


def _positions(lines: Sequence[str], search: Sequence[str]) -> Iterator[int]:
    """Yield where a run of lines stands, at most ``_MAX_CANDIDATES`` times.

    Searched as one text, because that is linear and comparing line by line is not.
    """
    text = "\n".join(["", *lines, ""])
    wanted = "\n".join(["", *search, ""])
    at, line, counted = text.find(wanted), 0, 0
    for _ in range(_MAX_CANDIDATES):
        if at < 0:
            return
        line += text.count("\n", counted, at)
        counted = at
        yield line
        at = text.find(wanted, at + 1)


def _moved(found: Sequence[str], search: Sequence[str], replace: Sequence[str]) -> list[str] | None:
    """Indent the replacement as the file does; None unless all lines are moved by the same amount."""
    moves = {_move(there, given) for there, given in zip(found, search, strict=True) if given.strip()}
    if len(moves) != 1:
        return None
    added, removed = moves.pop()
    if any(line.strip() and not line.startswith(removed) for line in replace):
        return None
    return [added + line[len(removed) :] if line.strip() else line for line in replace]


def _move(there: str, given: str) -> tuple[str, str]:
    """Return what must be put before a given line, and what must be taken off it, to stand where the file's does."""
    have = there[: len(there) - len(there.lstrip())]
    want = given[: len(given) - len(given.lstrip())]
    if have.endswith(want):
        return have[: len(have) - len(want)], ""
    if want.endswith(have):
        return "", want[: len(want) - len(have)]
    return have, want


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
