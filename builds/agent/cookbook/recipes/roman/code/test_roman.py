import pytest

from roman import from_roman, to_roman

PAIRS = [
    (1, "I"),
    (4, "IV"),
    (9, "IX"),
    (14, "XIV"),
    (40, "XL"),
    (90, "XC"),
    (400, "CD"),
    (944, "CMXLIV"),
    (1994, "MCMXCIV"),
    (2024, "MMXXIV"),
    (3999, "MMMCMXCIX"),
]


@pytest.mark.parametrize(("number", "numeral"), PAIRS)
def test_numbers_become_numerals(number: int, numeral: str) -> None:
    assert to_roman(number) == numeral


@pytest.mark.parametrize(("number", "numeral"), PAIRS)
def test_numerals_become_numbers(number: int, numeral: str) -> None:
    assert from_roman(numeral) == number


def test_every_number_survives_the_round_trip() -> None:
    assert all(from_roman(to_roman(number)) == number for number in range(1, 4000))


def test_small_letters_and_surrounding_spaces_are_read() -> None:
    assert from_roman("  mcmxciv ") == 1994


@pytest.mark.parametrize("number", [0, -1, 4000])
def test_numbers_without_a_numeral_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 3999"):
        to_roman(number)


@pytest.mark.parametrize("value", [1.5, "4", True, None])
def test_values_that_are_not_whole_numbers_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_roman(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "IIII", "VX", "IC", "MMMM", "ABC", "X I"])
def test_texts_that_are_not_numerals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a Roman numeral"):
        from_roman(text)
