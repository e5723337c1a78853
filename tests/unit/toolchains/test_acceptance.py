"""Tests written from the request's examples."""

import ast
from collections.abc import Callable
from typing import cast

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import Example
from builds.toolchains.python.acceptance import acceptance_tests, module_defining

TREE = {"roman.py": "def to_roman(n):\n    return ''\n", "test_roman.py": "def other(n): ...\n"}


def source(
    expression: str, expected: str = "1", *, raises: str = "", words: str = "words", tree: dict[str, str] = TREE
) -> str:
    function = expression.partition("(")[0]
    example = Example(expression=expression, expected=expected, raises=raises, function=function, source=words)
    text = acceptance_tests([example], tree)["test_acceptance.py"]
    ast.parse(text)
    return text


def test_no_examples_give_no_file() -> None:
    assert acceptance_tests([], TREE) == {}


def test_the_result_is_compared_with_what_the_user_wrote() -> None:
    assert "    _must_give(to_roman(4), 'IV')\n" in source("to_roman(4)", "'IV'")


def test_all_that_a_test_needs_is_there_before_code_is_imported() -> None:
    module = ast.parse(source("to_roman(4)", "'IV'"))
    imported = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == [
        "from decimal import Decimal",
        "from typing import Any",
        "from pytest import raises as _raises",
    ]


@pytest.mark.parametrize("name", ["check", "raises", "agrees", "pytest", "Decimal"])
def test_a_function_may_be_called_like_something_that_compares(name: str) -> None:
    tree = {"a.py": f"def {name}(x):\n    return x\n"}
    namespace: dict[str, object] = {}
    exec(source(f"{name}('x')", "'x'", tree=tree).replace(f"from a import {name}", f"{name} = str"), namespace)  # noqa: S102
    cast("Callable[[], None]", namespace["test_example_1"])()


def test_what_should_be_raised_is_looked_up_by_name() -> None:
    assert "with _raises(ValueError):\n        to_roman(0)\n" in source("to_roman(0)", raises="ValueError")
    assert "assert 'RomanError' in [kind" in source("to_roman(0)", raises="RomanError")


@pytest.mark.parametrize(
    "words", ['"""', "'''\"\"\"\\", "\\", "a\nimport os\n", "\u2028\u202e\x00", "{x}", "\ud800", "x" * 9999]
)
def test_the_users_words_stay_words(words: str) -> None:
    body = ast.parse(source("to_roman(4)", words=words)).body
    (test,) = [node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert ast.get_docstring(test, clean=False) == words[:300]
    assert len(test.body) == 3


@pytest.mark.parametrize(
    ("expression", "expected"), [("to_roman(", "1"), ("f(1)", "x + 1"), ("f(1)", "open('x')"), ("(" * 999, "1")]
)
def test_an_example_that_is_no_call_or_no_literal_is_refused(expression: str, expected: str) -> None:
    with pytest.raises(AgentError) as caught:
        source(expression, expected)
    assert caught.value.code == "toolchain.example"


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("to_roman(4)", "from roman import to_roman"),
        ("roman.to_roman(4)", "import roman"),
        ("other(4)", "from roman import other"),
        ("pkg.deep.f(1)", "import pkg.deep"),
        ("Stack().size()", "from pkg.deep import Stack"),
    ],
)
def test_the_function_is_found_where_it_is_defined(expression: str, line: str) -> None:
    tree = {**TREE, "src/pkg/__init__.py": "", "src/pkg/deep.py": "class Stack:\n    pass\n\nasync def f(x): ...\n"}
    assert f"    {line}\n" in source(expression, tree=tree)


def test_a_call_inside_a_builtin_is_found_too() -> None:
    text = source("sorted(to_roman(4))")
    assert "from roman import to_roman\n" in text
    assert "import sorted" not in text


def test_the_shallowest_then_the_shortest_path_wins() -> None:
    define = "def f():\n    pass\n"
    tree = {"a/b/c.py": define, "long_name.py": define, "name.py": define, "tests/x.py": define}
    assert module_defining("f", tree) == "name"


def test_text_that_only_looks_like_a_definition_is_none() -> None:
    assert module_defining("f", {"a.py": "    def f():\n", "b.py": "# def f(\ndef ff():\n"}) == ""
