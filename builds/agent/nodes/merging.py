"""Putting a model's files into a tree: what may not be there is refused and named, the rest is used."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from builds.agent.values import Tree

_TEST = re.compile(
    r"^\s*(?:async )?def (?P<function>test_\w*)|^\s*(?:it|test)\((?:\s*(?P<quote>['\"`])(?P<title>.*?)(?P=quote))?",
    re.MULTILINE,
)


@dataclass
class Merged:
    """A tree in the making."""

    files: dict[str, str]
    refused: list[str] = field(default_factory=list)

    def put(self, path: str, text: str, *, protected: frozenset[str] = frozenset()) -> None:
        """Add or replace one file; empty text deletes one that is there. Names that differ by case are one name."""
        there = next((other for other in self.files if other.lower() == path.lower()), None)
        target = there or path
        rule = "reserved" if _is_reserved(path, protected) else ""
        rule = rule or ("collision" if there is None and _clashes(path, self.files) else "")
        if rule:
            self.refused.append(f"{path[:120]}: {rule}")
        elif there and not text.strip() and not target.endswith("__init__.py"):
            del self.files[target]
        else:
            self.files[target] = text


def with_unique_names(tests: Mapping[str, str], taken: Tree) -> dict[str, str]:
    """Rename test files whose name another file has already: a test runner may take them for one module."""
    names = {PurePosixPath(path).name.lower() for path in taken}
    renamed: dict[str, str] = {}
    for path, text in tests.items():
        place, number = PurePosixPath(path), 2
        while place.name.lower() in names:
            place = PurePosixPath(path).with_stem(f"{PurePosixPath(path).stem}_{number}")
            number += 1
        names.add(place.name.lower())
        renamed[str(place)] = text
    return renamed


def count_tests(tree: Tree, is_test: Callable[[str], bool]) -> int:
    """Return how many tests a tree's test files define, by their looks."""
    return sum(len(test_names(text)) for path, text in tree.items() if is_test(path))


def test_names(text: str) -> list[str]:
    """Return the names of the tests that a file defines, by their looks; empty for one whose name can't be told."""
    return [found["function"] or found["title"] or "" for found in _TEST.finditer(text)]


test_names.__test__ = False  # type: ignore[attr-defined]  # no test


def _is_reserved(path: str, protected: frozenset[str]) -> bool:
    """Say whether a path is, or could stand in for, one of the tests that the server writes."""
    names = {PurePosixPath(other).name.partition(".")[0] for other in protected}
    return any(part.lower().partition(".")[0] in names for part in PurePosixPath(path).parts)


def _clashes(path: str, files: Tree) -> bool:
    mine = f"{path.lower()}/"
    return any(other.lower().startswith(mine) or mine.startswith(f"{other.lower()}/") for other in files)
