import pytest

from number_bases import from_base, to_base

CASES = [
    (10, 2, "1010"),
    (255, 16, "ff"),
    (8, 8, "10"),
    (-5, 2, "-101"),
    (123456789, 36, "21i3v9"),
]


@pytest.mark.parametrize(("number", "base", "text"), CASES)
def test_a_number_is_written_in_a_base(number: int, base: int, text: str) -> None:
    assert to_base(number, base) == text


@pytest.mark.parametrize(("number", "base", "text"), CASES)
def test_a_number_is_read_in_a_base(number: int, base: int, text: str) -> None:
    assert from_base(text, base) == number


def test_capital_letters_and_spaces_around_are_read() -> None:
    assert from_base(" FF ", 16) == 255


def test_zero_is_written_and_read() -> None:
    assert to_base(0, 2) == "0"
    assert from_base("0", 2) == 0


@pytest.mark.parametrize("base", [0, 1, 37, -2])
def test_other_bases_are_refused(base: int) -> None:
    with pytest.raises(ValueError, match="between 2 and 36"):
        to_base(1, base)
    with pytest.raises(ValueError, match="between 2 and 36"):
        from_base("1", base)


@pytest.mark.parametrize(("text", "base"), [("2", 2), ("g", 16), ("1.5", 10), ("٣", 8)])
def test_digits_of_another_base_are_refused(text: str, base: int) -> None:
    with pytest.raises(ValueError, match="not a digit"):
        from_base(text, base)


@pytest.mark.parametrize("text", ["", " ", "-"])
def test_a_number_needs_digits(text: str) -> None:
    with pytest.raises(ValueError, match="no digits"):
        from_base(text, 10)
