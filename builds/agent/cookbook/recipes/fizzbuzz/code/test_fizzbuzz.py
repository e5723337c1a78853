import pytest

from fizzbuzz import fizzbuzz, fizzbuzz_sequence, print_fizzbuzz


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (1, "1"),
        (3, "Fizz"),
        (5, "Buzz"),
        (9, "Fizz"),
        (10, "Buzz"),
        (15, "FizzBuzz"),
        (98, "98"),
        (300, "FizzBuzz"),
    ],
)
def test_a_number_is_answered(number: int, word: str) -> None:
    assert fizzbuzz(number) == word


def test_the_sequence_starts_at_one_and_ends_with_the_limit() -> None:
    assert fizzbuzz_sequence(5) == ["1", "2", "Fizz", "4", "Buzz"]


def test_the_sequence_repeats_every_fifteen_numbers() -> None:
    sequence = fizzbuzz_sequence(100)
    assert len(sequence) == 100
    assert sequence.count("FizzBuzz") == 6


def test_a_limit_of_zero_gives_nothing() -> None:
    assert fizzbuzz_sequence(0) == []
    assert fizzbuzz_sequence(1) == ["1"]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        fizzbuzz_sequence(-1)


def test_the_answers_are_printed_one_per_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_fizzbuzz(3)
    assert capsys.readouterr().out == "1\n2\nFizz\n"


def test_a_hundred_answers_are_printed_by_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_fizzbuzz()
    assert capsys.readouterr().out.splitlines()[-1] == "Buzz"
