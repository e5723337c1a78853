import pytest

from luhn import check_digit, is_valid_luhn


@pytest.mark.parametrize(
    "number", ["79927398713", "4111 1111 1111 1111", "4539-1488-0343-6467", "18"]
)
def test_a_right_check_digit_is_accepted(number: str) -> None:
    assert is_valid_luhn(number) is True
    assert is_valid_luhn(number[:-1] + str((int(number[-1]) + 1) % 10)) is False


def test_two_swapped_digits_are_noticed() -> None:
    assert is_valid_luhn("79927398731") is False
    assert is_valid_luhn("79927398713") is True


@pytest.mark.parametrize("text", ["", "0", "abc", "7992739871x", "٤٢"])
def test_other_texts_are_not_valid(text: str) -> None:
    assert is_valid_luhn(text) is False
    assert is_valid_luhn("79927398713") is True


@pytest.mark.parametrize(
    ("number", "digit"), [("7992739871", 3), ("411111111111111", 1), ("1", 8)]
)
def test_the_check_digit_is_computed(number: str, digit: int) -> None:
    assert check_digit(number) == digit


def test_a_check_digit_can_be_zero() -> None:
    assert check_digit("0") == 0
    assert check_digit("10") == 9


@pytest.mark.parametrize("text", ["", "12a"])
def test_only_digits_have_a_check_digit(text: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        check_digit(text)
