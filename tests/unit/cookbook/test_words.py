import pytest

from builds.agent.cookbook.words import matches, split_words, stem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("E-mail validator", ["email", "validator"]),
        ("ISO-8601 and iso 8601", ["iso8601", "and", "iso8601"]),
        ("Ёлка-палка", ["елка", "палка"]),
        ("in C++ or C#", ["in", "c++", "or", "c#"]),
        ("A* search", ["astar", "search"]),
        ("returns -1, range 1-3999", ["returns", "-1", "range", "1", "3999"]),
        ("to_roman in roman.py", ["to_roman", "in", "roman"]),
        ("Python 3.11", ["python"]),
        ("Python 2.7", ["python2"]),
        ("O(1) get", ["complexity", "get"]),
    ],
)
def test_a_request_is_split_into_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    "example",
    ["f(4) -> 'IV'", "f('a', 2) == [1, 2]", "`f(4)` returns `5`", ">>> f('x')\n'y'", "f(0) -> raises ValueError"],
)
def test_an_example_call_is_left_out(example: str) -> None:
    assert split_words(f"before\n{example}") == ["before"]


def test_a_call_with_names_in_it_is_kept() -> None:
    assert split_words("get(key) returns -1") == ["get", "key", "returns", "-1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("converts", "convert"), ("parsing", "parser"), ("matrices", "matrice"), ("числами", "число"), ("кеша", "кеш")],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_vocabulary_marks_are_understood() -> None:
    assert matches("=exact", "exact")
    assert not matches("=exact", "exactly")
    assert matches("конверт*", "конвертировать")
    assert matches("класс~", "классами")
    assert not matches("класс~", "классификатор")
