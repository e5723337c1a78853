"""Which words of a request become acceptance tests, and which do not."""

import pytest

from builds.agent.examples import MAX_EXAMPLES, find_examples

IV = [("to_roman(4)", "'IV'")]
FOUR = [("f(2)", "4")]

CERTAIN: list[tuple[str, list[tuple[str, str]]]] = [
    ("to_roman(4) -> 'IV'", IV),
    ("to_roman(4) → 'IV'", IV),
    ("to_roman(4) => 'IV'", IV),
    ("to_roman(4) == 'IV'", IV),
    ("to_roman(4) = 'IV'", IV),
    ("`to_roman(4)` == `'IV'`", IV),
    ("`to_roman(4) == 'IV'`", IV),
    ("- `to_roman(4)` → `'IV'`", IV),
    ("* **`to_roman(4)`** → `'IV'`", IV),
    ("1. to_roman(4) returns 'IV'.", IV),
    ("to_roman(4) returns 'IV'", IV),
    ("to_roman(4) gives 'IV', to_roman(9) gives 'IX'", [*IV, ("to_roman(9)", "'IX'")]),
    ("to_roman(4) -> 'IV'; to_roman(9) -> 'IX'", [*IV, ("to_roman(9)", "'IX'")]),
    ("`to_roman(4)` returns `'IV'` and `to_roman(9)` returns `'IX'`.", [*IV, ("to_roman(9)", "'IX'")]),
    ("For example, to_roman(4) should return 'IV'.", IV),
    ("E.g. to_roman(4) must be 'IV'!", IV),
    ("(e.g. to_roman(4) == 'IV')", IV),
    ("The call to_roman(4) should return the string 'IV'.", IV),
    ("to_roman(4) will be equal to 'IV'", IV),
    ("to_roman(4) is equal to 'IV'", IV),
    ("to_roman(4) evaluates to 'IV' because four is five less one", IV),
    ("to_roman(4)\nreturns 'IV'.", IV),
    ("to_roman(4)  # => 'IV'", IV),
    ("assert to_roman(4) == 'IV', 'four'", IV),
    ("```python\nassert to_roman(4) == 'IV'\n```", IV),
    ("to_roman(4) вернёт 'IV'", IV),
    ("Вызов to_roman(4) возвращает 'IV'.", IV),
    ("`to_roman(4)` должно быть `'IV'`", IV),
    ("to_roman(4) должна вернуть строку 'IV', а to_roman(9) — нет", IV),
    ("to_roman(4) даёт 'IV', to_roman(9) даст 'IX'", [*IV, ("to_roman(9)", "'IX'")]),
    ("The result of f(2) is 4.", FOUR),
    ("f(2) равно 4, f(-1) = -1.", [*FOUR, ("f(-1)", "-1")]),
    ("`f(n)`: f(2) = 4 (four)", FOUR),
    (">>> to_roman(4)\n'IV'\n>>> to_roman(9)\n'IX'", [*IV, ("to_roman(9)", "'IX'")]),
    (">>> from roman import to_roman\n>>> to_roman(4)\n'IV'\n\nThat is all.", IV),
    (">>> f(1,\n...   2)\n[1,\n 2]", [("f(1, 2)", "[1,\n2]")]),
    ("| Call | Result |\n|---|---|\n| `to_roman(4)` | `'IV'` |", IV),
    ("| to_roman(n) | result |\n|:-:|---|\n| 4 | 'IV' |", IV),
    ("| add(a, b) | result |\n|---|---|\n| 1, 2 | 3 |", [("add(1, 2)", "3")]),
    ("Write `to_roman(n)`.\n\n| Input | Output |\n|---|---|\n| 4 | 'IV' |", IV),
    ("| Вызов | Заметка | Ожидаемый результат |\n|---|---|---|\n| f(2) | x | 4 |", FOUR),
    (
        "f([1, 2], sep=', ') -> {'a': (1, None), 'b': {True}}",
        [("f([1, 2], sep=', ')", "{'a': (1, None), 'b': {True}}")],
    ),
    ("f('a. b; not?') -> 'x'", [("f('a. b; not?')", "'x'")]),
    ("half(1) -> 0.5", [("half(1)", "0.5")]),
    ("Round to two decimals: third(1) -> 0.33", [("third(1)", "0.33")]),
    (">>> add(0.1, 0.2)\n0.30000000000000004", [("add(0.1, 0.2)", "0.30000000000000004")]),
    ("In roman.py: roman.to_roman(4) == 'IV'", [("roman.to_roman(4)", "'IV'")]),
    ("find(5) -> None", [("find(5)", "None")]),
    ("f(2) == 4\nf(2) == 4\nf( 2 ) -> 4", FOUR),
]
UNCERTAIN = [
    "f(x) = y",
    "f(n) = 2 * n + 1",
    "f(2) = 2 * 2",
    "f(2) returns 4 or 5",
    "f(2) returns 4 items",
    "f(2) -> about 4",
    "f(2) -> 4 (approximately)",
    "f(2) -> 50%",
    "f(1000) -> 1,000",
    "f(1) -> 1, 2",
    "f(2) -> [1, 2, ...]",
    "f(2) -> int",
    "def f(x=2) -> None: ...",
    "`main() -> None`",
    "to_roman(4) -> IV",
    "Currently f(2) returns 5.",
    "f(2) returns 5 but should return 4.",
    "f(2) returns 5\nbut it should return 4",
    "Wrong results today:\n- f(2) -> 5\n- f(3) -> 7",
    "It is not true that f(2) == 5.",
    "f(2) should not return 5",
    "Should f(2) return 4?",
    "Is f(2) == 4?",
    "If f(2) == 4, stop.",
    "when f(2) returns 4 print it",
    "not f(2) == 4",
    "3 * f(2) == 12",
    "3*f(2) == 12",
    "g(f(2)) == 4",
    "f(2)[0] == 4",
    "f(2) + 1 == 5",
    "f(2).real == 4",
    "f(x + 1) == 4",
    "f(*[1]) == 4",
    "f(lambda: 1) == 4",
    "f(2) == 4 if strict else 5",
    "stack.pop() -> 1",
    "account.deposit(5) -> 5",
    "len([1, 2]) == 2",
    "ValueError('x') == 1",
    ">>> s = Stack()\n>>> s.push(1)\n>>> count(1)\n1",
    ">>> f(2)\n",
    "third(1) -> 0.33",
    "f(2) == 4, and later: f(2) == 5",
    "f(2) вернёт 4 или 5",
    "Сейчас f(2) возвращает 5, а должна 4",
    "f(2) не возвращает 4",
    "Если f(2) вернёт 4, то стоп",
    "lookup is O(1) = 1",
    "The length of f(3) is 5.",
    "Длина f(3) равна 5",
    "The second call f(1) returns 2.",
    "In strict mode:\n- f(2) -> 5",
    "elif f(2) == 4:",
    "f(1e999) == 1",
    "f({[]: 1}) == 1",
    "| Input | Output |\n|---|---|\n| 4 | 5 |\n\nUse `f(n)` and `g(n)`.",
    "Use `f(a, b)`.\n\n| Input | Output |\n|---|---|\n| 4 | 5 |",
    "| Call | Wrong result |\n|---|---|\n| f(2) | 5 |",
    "f(" * 5000,
    "f(" + "[" * 200 + "]" * 200 + ") == 1",
    "f('" + "a" * 600 + "') == 1",
    "f(2) == 4" + "\0",
]
RAISING = [
    ("to_roman(0) raises ValueError", "ValueError"),
    ("`to_roman(0)` should raise a `ValueError`.", "ValueError"),
    ("to_roman(0) must raise ValueError with a message", "ValueError"),
    ("to_roman(0) -> ValueError", "ValueError"),
    ("to_roman(0) → raises ValueError", "ValueError"),
    ("to_roman(0) вызывает ValueError", "ValueError"),
    ("to_roman(0) выбрасывает исключение ValueError.", "ValueError"),
    ("to_roman(0) должна бросить ошибку `ValueError`", "ValueError"),
    ("to_roman(0) raises RomanError", "RomanError"),
    (">>> to_roman(0)\nTraceback (most recent call last):\n  ...\nValueError: no zero", "ValueError"),
    ("| Call | Result |\n|---|---|\n| to_roman(0) | raises `ValueError` |", "ValueError"),
]
NOT_RAISING = [
    "f(0) raises ValueError or TypeError",
    "f(0) raises ValueError if strict",
    "f(0) raises Problems",
    "f(0) never raises ValueError",
    "f(x) raises ValueError",
    "f(0) raises an error",
]
JAVASCRIPT = [
    ("toRoman(4) === 'IV'", [("toRoman(4)", "'IV'")]),
    ('toRoman(4) returns "IV"', [("toRoman(4)", '"IV"')]),
    ("add(1, 2) // => 3", [("add(1, 2)", "3")]),
    ("> add(1, 2)\n3", [("add(1, 2)", "3")]),
    ("parse('a=1') -> {a: 1, 'b': [true, null, -2.5]}", [("parse('a=1')", "{a: 1, 'b': [true, null, -2.5]}")]),
    ("f(None) -> True", []),
    ("f(`x`) -> 1", []),
    ("f(x) -> 1", []),
    ("f(1) -> undefined", []),
    ("f('a\\q') -> 1", []),
    ("Math.max(1, 2) -> 2", []),
    ("f({a: 1, b: 2}) -> 1\nf({b: 2, a: 1}) -> 1", [("f({a: 1, b: 2})", "1")]),
]


def found(requirements: str, language: str = "python") -> list[tuple[str, str]]:
    return [(example.expression, example.expected) for example in find_examples(requirements, language=language)]


@pytest.mark.parametrize(("requirements", "expected"), CERTAIN)
def test_a_call_with_its_value_is_an_example(requirements: str, expected: list[tuple[str, str]]) -> None:
    assert found(requirements) == expected


@pytest.mark.parametrize("requirements", UNCERTAIN)
def test_what_is_not_certain_is_left_out(requirements: str) -> None:
    assert found(requirements) == []


@pytest.mark.parametrize(("requirements", "error"), RAISING)
def test_a_call_with_its_exception_is_an_example(requirements: str, error: str) -> None:
    examples = find_examples(requirements, language="python")

    assert [(example.expression, example.expected, example.raises) for example in examples] == [
        ("to_roman(0)", "", error)
    ]


@pytest.mark.parametrize("requirements", NOT_RAISING)
def test_an_exception_that_is_not_certain_is_left_out(requirements: str) -> None:
    assert find_examples(requirements, language="python") == ()


@pytest.mark.parametrize("language", ["javascript", "typescript"])
@pytest.mark.parametrize(("requirements", "expected"), JAVASCRIPT)
def test_javascript_has_its_own_literals(requirements: str, expected: list[tuple[str, str]], language: str) -> None:
    assert found(requirements, language) == expected


def test_a_signature_with_types_is_no_example() -> None:
    assert found("add(a: number, b: number): number\nadd(1, 2): 3 is what I mean", "typescript") == []
    assert found("text.slug('A') -> 'a', in text.ts", "typescript") == [("text.slug('A')", "'a'")]


def test_an_example_keeps_the_users_words_and_the_function() -> None:
    (example,) = find_examples("Numerals.\n- `to_roman(4)` returns `'IV'`\n", language="python")

    assert (example.source, example.function) == ("- `to_roman(4)` returns `'IV'`", "to_roman")


def test_a_contradiction_drops_both_and_keeps_the_rest() -> None:
    assert found("f(1) == 1\nf(2) == 4\nf(1) == 2") == FOUR


def test_there_are_at_most_fifty() -> None:
    assert len(found("\n".join(f"f({n}) == {n}" for n in range(90)))) == MAX_EXAMPLES


def test_only_the_first_twenty_thousand_characters_are_read() -> None:
    assert found(" " * 20_000 + "\nf(2) == 4") == []


def test_an_unknown_language_has_no_examples() -> None:
    assert found("f(2) == 4", "cobol") == []
