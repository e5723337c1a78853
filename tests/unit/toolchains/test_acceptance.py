"""Tests written from the request's examples."""

import ast

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


@pytest.mark.parametrize(
    ("expected", "check"),
    [
        ("'IV'", "assert to_roman(4) == 'IV'"),
        ("4", "assert to_roman(4) == 4"),
        ("0.5", "assert to_roman(4) == pytest.approx(0.5)"),
        ("True", "assert to_roman(4) is True"),
        ("None", "assert to_roman(4) is None"),
        ("[1, 2]", "assert to_roman(4) == [1, 2]"),
        ("{'a': [0.5]}", "assert agrees(to_roman(4), {'a': [0.5]})"),
    ],
)
def test_each_kind_of_value_is_compared_in_its_own_way(expected: str, check: str) -> None:
    assert f"    {check}\n" in source("to_roman(4)", expected)


def test_what_should_be_raised_is_looked_up_by_name() -> None:
    assert "with pytest.raises(ValueError):\n        to_roman(0)\n" in source("to_roman(0)", raises="ValueError")
    assert "assert 'RomanError' in [kind" in source("to_roman(0)", raises="RomanError")


@pytest.mark.parametrize(
    "words", ['"""', "'''\"\"\"\\", "\\", "a\nimport os\n", "\u2028\u202e\x00", "{x}", "\ud800", "x" * 9999]
)
def test_the_users_words_stay_words(words: str) -> None:
    (test,) = [node for node in ast.parse(source("to_roman(4)", words=words)).body if isinstance(node, ast.FunctionDef)]
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
