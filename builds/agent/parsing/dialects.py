"""What the first look at source code tells, per language: what it defines, imports and tests."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MAX_LINE = 200
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_LIBRARIES = frozenset({"pytest", "hypothesis", "mock", *sys.stdlib_module_names})


@dataclass(frozen=True)
class Dialect:
    """Patterns that are matched at the start of single, shortened lines."""

    extension: str
    definition: re.Pattern[str]
    test: re.Pattern[str]
    own_import: re.Pattern[str]
    start: re.Pattern[str]
    """How a source file usually begins."""
    test_name: str
    """Name of the tests of a module."""


def _of_node(extension: str, *, definitions: str = "class +|", starts: str = "") -> Dialect:
    """Return JavaScript's patterns, or TypeScript's with what it has beside."""
    return Dialect(
        extension=extension,
        definition=re.compile(
            r"(?:export +)?(?:default +)?(?:declare +)?"
            rf"(?:(?:async +)?function\*? *|{definitions}(?:const|let|var) +)([A-Za-z_$][\w$]*)"
        ),
        test=re.compile(r"(?:test|describe|it)\("),
        own_import=re.compile(r"(?:import|const|let|var|export) [^'\"]*['\"]\./([\w./-]+?)(?:\.[cm]?[jt]s)?['\"]"),
        start=re.compile(
            rf"(?:import|export|function|class|{starts}const|let|async function) +[\w{{*]|['\"]use strict|//|/\*|#!"
        ),
        test_name=f"{{}}.test.{extension}",
    )


DIALECTS: Mapping[str, Dialect] = {
    "python": Dialect(
        extension="py",
        definition=re.compile(r"(?:async )?(?:def|class) +(\w+)"),
        test=re.compile(r"(?:async )?def test_|class Test|class \w+\((?:unittest\.)?TestCase\)"),
        own_import=re.compile(r"(?:from|import) +([A-Za-z_][\w.]*)"),
        start=re.compile(r"(?:from|import|def|class|async def) +\w|\"\"\"|#!|@\w"),
        test_name="test_{}.py",
    ),
    "javascript": _of_node("js"),
    "typescript": _of_node(
        "ts", definitions="(?:abstract +)?class +|interface +|type +|", starts="interface|type|abstract class|"
    ),
}


def is_test_path(path: str) -> bool:
    """Say whether a path is named like tests."""
    name = path.rsplit("/", 1)[-1]
    return name.startswith("test_") or "_test." in name or ".test." in name or ".spec." in name


def is_test_source(lines: Sequence[str], language: str) -> bool:
    """Say whether source code holds tests."""
    dialect = DIALECTS.get(language)
    return dialect is not None and any(dialect.test.match(line[:_MAX_LINE]) for line in lines)


def is_source(lines: Sequence[str], language: str) -> bool:
    """Say whether text without a fence begins like a source file and defines something."""
    dialect = DIALECTS.get(language)
    first = next((line for line in lines if line.strip()), "")
    return bool(dialect and dialect.start.match(first[:_MAX_LINE])) and bool(definitions(lines, language))


def definitions(lines: Sequence[str], language: str) -> tuple[str, ...]:
    """List the names that are defined at the outermost level, in order."""
    dialect = DIALECTS.get(language)
    if not dialect:
        return ()
    return tuple(found[1] for line in lines if (found := dialect.definition.match(line[:_MAX_LINE])))


def own_imports(lines: Sequence[str], language: str) -> tuple[str, ...]:
    """List the imported modules that can belong to the project, in order."""
    dialect = DIALECTS.get(language)
    if not dialect:
        return ()
    modules = (found[1] for line in lines if (found := dialect.own_import.match(line[:_MAX_LINE])))
    return tuple(module for module in modules if module.split(".")[0] not in _LIBRARIES)


def imported_names(lines: Sequence[str], language: str) -> dict[str, str]:
    """Map what is imported in one line to the project's module that it comes from."""
    return {
        word: module
        for line in lines
        for module in own_imports([line], language)
        for word in _WORD.findall(line[:_MAX_LINE])
    }
