import pytest

from number_words import number_to_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (7, "seven"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty-two"),
        (100, "one hundred"),
        (115, "one hundred fifteen"),
        (999, "nine hundred ninety-nine"),
        (1000, "one thousand"),
        (1001, "one thousand one"),
        (12_345, "twelve thousand three hundred forty-five"),
        (1_000_000, "one million"),
        (2_000_000_003, "two billion three"),
        (-5, "minus five"),
    ],
)
def test_a_number_is_written_in_words(number: int, words: str) -> None:
    assert number_to_words(number) == words


def test_the_largest_number_is_written() -> None:
    assert number_to_words(10**15 - 1).startswith(
        "nine hundred ninety-nine trillion nine hundred ninety-nine billion"
    )


@pytest.mark.parametrize("number", [10**15, -(10**15)])
def test_numbers_that_are_too_large_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="fifteen digits"):
        number_to_words(number)
