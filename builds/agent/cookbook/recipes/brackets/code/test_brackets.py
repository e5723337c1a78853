import pytest

from brackets import first_unbalanced, is_balanced


@pytest.mark.parametrize("text", ["", "()", "([]{})", "f(a[1], {b: (c)})", "text"])
def test_closed_brackets_are_balanced(text: str) -> None:
    assert is_balanced(text) is True
    assert is_balanced(text + ")") is False


@pytest.mark.parametrize(
    ("text", "position"),
    [(")", 0), ("(]", 1), ("([)]", 2), ("())", 2), ("x(", 1), ("{[]", 0)],
)
def test_the_first_unbalanced_bracket_is_found(text: str, position: int) -> None:
    assert first_unbalanced("()" + text) == position + 2
    assert is_balanced(text) is False


def test_balanced_texts_have_no_unbalanced_bracket() -> None:
    assert first_unbalanced("([])") is None
    assert first_unbalanced("([])(") == 4
