"""Questions with their answers: docstrings of installed Python packages, and the functions without them."""

import ast
import random
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

LEAST_WORDS, MOST_CHARS, LEAST_LINES, MOST_LINES = 5, 400, 4, 60
PER_FILE = 12
_SKIPPED = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "__pycache__", "site-packages"}


@dataclass(frozen=True)
class Pair:
    """The first paragraph of a docstring, and the function that it described."""

    question: str
    name: str
    body: str
    source_file: str


def pairs(count: int, *, seed: int = 20261129) -> list[Pair]:
    """Return so many pairs, half of them from the standard library; always the same on the same installation.

    :raises RuntimeError: there are not so many.
    """
    folders = [Path(sysconfig.get_paths()["stdlib"]), Path(sysconfig.get_paths()["purelib"])]
    found: list[Pair] = []
    for folder, wanted in zip(folders, (count // 2, count), strict=True):
        there = _unique(_all(folder, random.Random(seed)), {pair.question for pair in found})  # noqa: S311  a sample
        found += islice(there, wanted - len(found))
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} documented functions are installed")
    return found


def _unique(there: Iterator[Pair], asked: set[str]) -> Iterator[Pair]:
    bodies = set[str]()
    for pair in there:
        if pair.question not in asked and pair.body not in bodies:
            asked.add(pair.question)
            bodies.add(pair.body)
            yield pair


def _all(folder: Path, chance: random.Random) -> Iterator[Pair]:
    paths = [path for path in sorted(folder.rglob("*.py")) if not _SKIPPED & set(path.relative_to(folder).parts[:-1])]
    chance.shuffle(paths)
    for path in paths:
        yield from _of_file(path, str(path.relative_to(folder)))


def _of_file(path: Path, shown: str) -> Iterator[Pair]:
    try:
        text = path.read_text("utf-8")
        tree = ast.parse(text)
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lines = text.splitlines()
    made = [pair for node in functions if (pair := _pair(node, lines, shown))]
    yield from made[:PER_FILE]


def _pair(node: ast.FunctionDef, lines: list[str], shown: str) -> Pair | None:
    question = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ").strip()
    documented = node.body[0]
    rest = lines[(documented.end_lineno or 0) : node.end_lineno]
    head = lines[node.lineno - 1 : documented.lineno - 1]
    body = "\n".join((*head, *rest))
    is_telling = len(question.split()) >= LEAST_WORDS and len(question) <= MOST_CHARS
    return Pair(question, node.name, body, shown) if is_telling and LEAST_LINES <= len(rest) <= MOST_LINES else None


if __name__ == "__main__":
    sys.stdout.write(f"{len(pairs(int(sys.argv[1])))}\n")
