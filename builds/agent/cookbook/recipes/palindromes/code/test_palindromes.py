import pytest

from palindromes import is_palindrome, longest_palindrome, normalise


@pytest.mark.parametrize(
    "text",
    [
        "level",
        "A man, a plan, a canal: Panama!",
        "Was it a car or a cat I saw?",
        "А роза упала на лапу Азора",
        "12321",
        "x",
        "",
    ],
)
def test_palindromes_are_recognised(text: str) -> None:
    assert is_palindrome(text) is True
    assert is_palindrome(text + "xy") is False


@pytest.mark.parametrize("text", ["hello", "ab", "almost a palindrome", "123"])
def test_other_texts_are_not_palindromes(text: str) -> None:
    assert is_palindrome(text) is False
    assert is_palindrome(text + text[::-1]) is True


def test_only_letters_and_digits_are_kept_in_one_case() -> None:
    assert normalise("No 'X' in Nixon, 7!") == "noxinnixon7"


@pytest.mark.parametrize(
    ("text", "longest"),
    [("babad", "bab"), ("cbbd", "bb"), ("forgeeksskeegfor", "geeksskeeg"), ("a", "a")],
)
def test_the_longest_palindrome_is_found(text: str, longest: str) -> None:
    assert longest_palindrome(text) == longest


def test_an_empty_text_has_an_empty_longest_palindrome() -> None:
    assert longest_palindrome("") == ""
    assert longest_palindrome("aa") == "aa"
