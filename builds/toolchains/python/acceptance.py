"""Writes the request's own examples as tests; no model has a hand in them.

What the user wrote goes into the source only as a string literal or as the text of a parsed expression.
"""

import ast
import builtins
import inspect
import re
from collections.abc import Sequence

from builds.agent.errors import AgentError
from builds.agent.values import Example, Tree
from builds.toolchains.python import comparison
from builds.toolchains.python.layout import code_files, module_name

FILE = "test_acceptance.py"
MAX_WORDS = 300
HEADER = '"""The examples of the request, word for word; written by the server, not by a model."""'
FALLBACK_MODULE = "main"
IMPORTS = "from decimal import Decimal\nfrom typing import Any\n\nfrom pytest import raises as _raises\n"
COMPARISON = "\n\n".join(
    inspect.getsource(function)
    for function in (comparison._must_give, comparison._agrees, comparison._has_all, comparison._is_near)  # noqa: SLF001
)
"""Goes before the tests, so that all they need is there before code of the project is imported, inside of a test."""


def acceptance_tests(examples: Sequence[Example], tree: Tree) -> dict[str, str]:
    """Return one file with a test for each example; nothing without examples.

    :raises AgentError: ``toolchain.example`` for an example that is no call or no literal.
    """
    if not examples:
        return {}
    tests = [_test(number, example, tree) for number, example in enumerate(examples, start=1)]
    parts = [IMPORTS, COMPARISON, *tests]
    return {FILE: f"{HEADER}\n\n" + "\n\n".join(parts)}


def _test(number: int, example: Example, tree: Tree) -> str:
    call = _parsed(example.expression)
    lines = [
        f"def test_example_{number}() -> None:",
        f"    {_words(example.source)}",
        *(f"    {line}" for line in _imports(call, example.function, tree)),
        *(f"    {line}" for line in _check(call, example)),
    ]
    return "\n".join(lines) + "\n"


def _words(source: str) -> str:
    """Return the user's words as a string literal of one line."""
    return ascii(source[:MAX_WORDS]) if not source.isprintable() else repr(source[:MAX_WORDS])


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise AgentError("toolchain.example", expression=text[:MAX_WORDS]) from error


def _check(call: ast.expr, example: Example) -> list[str]:
    if example.raises:
        return _raises(ast.unparse(call), example.raises)
    expected = _parsed(example.expected)
    try:
        ast.literal_eval(expected)
    except (ValueError, TypeError, RecursionError) as error:
        raise AgentError("toolchain.example", expression=example.expected[:MAX_WORDS]) from error
    return [f"_must_give({ast.unparse(call)}, {ast.unparse(expected)})"]


def _raises(call: str, name: str) -> list[str]:
    """A custom exception is known by its name only: where it is defined is the code's own matter."""
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, BaseException):
        return [f"with _raises({name}):", f"    {call}"]
    return [
        "with _raises(Exception) as caught:",
        f"    {call}",
        f"assert {name!r} in [kind.__name__ for kind in type(caught.value).__mro__]",
    ]


def _imports(call: ast.expr, function: str, tree: Tree) -> list[str]:
    """Import each name that the call uses: a module of the project, or something that one of them defines."""
    names = sorted({node.id for node in ast.walk(call) if isinstance(node, ast.Name)})
    modules = {module_name(path) for path in code_files(tree)}
    return [line for name in names for line in _import(name, call, function, modules, tree)]


def _import(name: str, call: ast.expr, function: str, modules: set[str], tree: Tree) -> list[str]:
    module = module_defining(name, tree)
    if module:
        return [f"from {module} import {name}"]
    dotted = _longest_module(name, call, modules)
    if dotted:
        return [f"import {dotted}"]
    if hasattr(builtins, name):
        return []
    if name != function.split(".", 1)[0] or "." in function:
        return [f"import {name}"]
    return [f"from {_first_module(tree)} import {name}"]


def _longest_module(name: str, call: ast.expr, modules: set[str]) -> str:
    """Return the longest dotted prefix starting with a name that is a module of the project."""
    texts = [ast.unparse(node) for node in ast.walk(call) if isinstance(node, ast.Attribute)]
    prefixes = {name, *(text for text in texts if text.startswith(f"{name}."))}
    return max(prefixes & modules, key=len, default="")


def module_defining(name: str, tree: Tree) -> str:
    """Return the module that defines a function or class at its top level: the shallowest, then the shortest path."""
    pattern = re.compile(rf"^(?:(?:async )?def {re.escape(name)}\(|class {re.escape(name)}\b)", re.MULTILINE)
    paths = [path for path in code_files(tree) if pattern.search(tree[path])]
    return module_name(min(paths, key=_nearness)) if paths else ""


def _first_module(tree: Tree) -> str:
    return module_name(min(code_files(tree), key=_nearness, default=FALLBACK_MODULE))


def _nearness(path: str) -> tuple[int, int, str]:
    return path.removeprefix("src/").count("/"), len(path), path
