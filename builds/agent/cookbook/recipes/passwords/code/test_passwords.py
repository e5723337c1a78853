import string

import pytest

from passwords import (
    SYMBOLS,
    generate_password,
    password_problems,
    password_strength,
)


@pytest.mark.parametrize("length", [8, 16, 100])
def test_a_password_has_the_wanted_length(length: int) -> None:
    assert len(generate_password(length)) == length


def test_a_password_has_every_kind_of_character() -> None:
    for _ in range(50):
        letters = set(generate_password(8))
        assert letters & set(string.ascii_lowercase)
        assert letters & set(string.ascii_uppercase)
        assert letters & set(string.digits)
        assert letters & set(SYMBOLS)


def test_symbols_can_be_left_out() -> None:
    assert generate_password(200, symbols=False).isalnum()
    assert not generate_password(200).isalnum()


def test_two_passwords_are_different() -> None:
    assert generate_password() != generate_password()


def test_short_passwords_are_not_made() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        generate_password(7)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("Ab1!", "shorter than 8 characters"),
        ("ABCDEFG1!", "without a lower-case letter"),
        ("abcdefg1!", "without an upper-case letter"),
        ("Abcdefgh!", "without a digit"),
        ("Abcdefgh1", "without a symbol"),
        ("MyPassword1!", "contains a common password"),
    ],
)
def test_a_problem_is_named(password: str, problem: str) -> None:
    assert password_problems(password) == [problem]


def test_a_good_password_has_no_problems() -> None:
    assert password_problems("Tr0ub4dor&3x") == []
    assert len(password_problems("")) == 5


@pytest.mark.parametrize(
    ("password", "strength"),
    [
        ("Tr0ub4dor&3x", "strong"),
        ("Abcdef1!", "medium"),
        ("Abcdefgh12345", "medium"),
        ("abcdefgh", "weak"),
        ("Ab1!", "weak"),
        ("Qwerty12345!!", "weak"),
    ],
)
def test_a_password_is_judged(password: str, strength: str) -> None:
    assert password_strength(password) == strength
