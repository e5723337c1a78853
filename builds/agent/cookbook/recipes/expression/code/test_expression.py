import pytest

from expression import ExpressionError, evaluate, tokenize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2", 3),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 2", 5),
        ("-3 + 5", 2),
        ("2 * -3", -6),
        ("--4", 4),
        ("+7", 7),
        ("-(1 + 2) * 3", -9),
        ("1.5 * .5", 0.75),
        (" ((((42)))) ", 42),
    ],
)
def test_an_expression_is_computed(text: str, value: float) -> None:
    assert evaluate(text) == pytest.approx(value)


def test_an_expression_is_split_into_tokens() -> None:
    assert tokenize(" 12+(3.5*-1) ") == [
        "12",
        "+",
        "(",
        "3.5",
        "*",
        "-",
        "1",
        ")",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end"),
        ("1 +", "unexpected end"),
        ("(1", "missing"),
        ("1)", "unexpected"),
        ("1 2", "unexpected '2'"),
        ("* 2", "unexpected"),
        ("two", "unexpected character at 0"),
        ("1 + a", "unexpected character at 3"),
        ("2 ** 3", "unexpected"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        evaluate(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ExpressionError, match="nested"):
        evaluate("(" * 200 + "1" + ")" * 200)


def test_many_terms_are_not_deep() -> None:
    assert evaluate("+".join(["(1)"] * 500)) == 500


def test_division_by_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        evaluate("1 / (2 - 2)")
