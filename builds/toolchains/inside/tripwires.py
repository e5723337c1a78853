"""Finds code that asks whether it is being tested; it is read, not run."""

import ast
import re
from collections.abc import Iterator

from stubs import parsed

ALWAYS_EQUAL = "an object that equals everything"
ANYWHERE = ("_pytest", "pluggy", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "/driver", "/runtime", "agentsite:")
IN_CODE = ("pytest", "unittest", ALWAYS_EQUAL)
"""Only outside of tests, and only as whole strings: as in ``"pytest" in sys.modules``."""
CALLERS = {
    "_getframe",
    "currentframe",
    "f_back",
    "f_code",
    "f_locals",
    "f_globals",
    "co_consts",
    "tb_frame",
    "meta_path",
}
"""Names by which code gets at its caller, and so at the test that calls it, or at how a test file is read."""
CALLERS_MODULES = {"linecache", "ctypes", "_ctypes"}
TEST_FILE = re.compile(r"(?:^|/)(?:test_[\w*]*|[\w*]+_test)\.py$")
MAX_FOUND = 20


def found(paths: list[str], code: list[str]) -> list[str]:
    """Return ``file:line what`` for what no honest project needs."""
    marks: list[str] = []
    for path in paths:
        tree = parsed(path)
        if tree is not None:
            words = ANYWHERE + (IN_CODE if path in code else ())
            lines = {*suspects(tree, words), *(asking(tree) if path in code else ())}
            marks += [f"{path}:{line} {what}" for line, what in sorted(lines)]
    return marks[:MAX_FOUND]


def suspects(tree: ast.Module, words: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Return lines and what is there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            known = next((word for word in words if is_named(node.value, word)), "")
            if known:
                yield node.lineno, known
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            roots = {
                name.partition(".")[0] for name in (names if isinstance(node, ast.Import) else [node.module or ""])
            }
            yield from ((node.lineno, root) for root in roots & set(ANYWHERE))
        elif (
            isinstance(node, ast.FunctionDef) and node.name == "__eq__" and ALWAYS_EQUAL in words and is_yes(node.body)
        ):
            yield node.lineno, ALWAYS_EQUAL


def asking(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return lines in which code outside of tests looks for who calls it, or for a test's text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (node.attr in CALLERS or ast.unparse(node) == "inspect.stack"):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            names = {module or "", *(alias.name for alias in node.names)}
            yield from ((node.lineno, name) for name in names & (CALLERS | CALLERS_MODULES))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and TEST_FILE.search(node.value):
            yield node.lineno, "the name of a test file"


def is_named(text: str, word: str) -> bool:
    """Say whether a string means a word: it is the word, or a path or a dotted name that starts with it."""
    return text == word or text.startswith((word + ".", word + "/", word + ":"))


def is_yes(body: list[ast.stmt]) -> bool:
    """Say whether a function does nothing but return True."""
    last = body[-1]
    is_true = isinstance(last, ast.Return) and isinstance(last.value, ast.Constant) and last.value.value is True
    return is_true and all(isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant) for step in body[:-1])
