import pytest

from run_length import decode, encode

PAIRS = [
    ("aaab", "3a1b"),
    ("wwwwwwwwwwwwb", "12w1b"),
    ("abc", "1a1b1c"),
    ("  \n", "2 1\n"),
    ("ёё", "2ё"),
]


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_runs_are_written_with_their_length(text: str, code: str) -> None:
    assert encode(text) == code


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_a_code_is_written_out(text: str, code: str) -> None:
    assert decode(code) == text


def test_an_empty_text_has_an_empty_code() -> None:
    assert (encode(""), decode("")) == ("", "")
    assert (encode("a"), decode("1a")) == ("1a", "a")


def test_digits_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="digits"):
        encode("a1")


@pytest.mark.parametrize("code", ["a", "3", "0a", "3a4", "3aa", "99999999a"])
def test_other_texts_are_not_a_code(code: str) -> None:
    with pytest.raises(ValueError, match="not a run-length code"):
        decode(code)
