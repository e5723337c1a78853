import pytest

from anagrams import are_anagrams, find_anagrams, group_anagrams, letter_key


def test_the_key_is_the_sorted_letters() -> None:
    assert letter_key("Listen!") == "eilnst"


@pytest.mark.parametrize(
    ("first", "second"),
    [("listen", "silent"), ("Dormitory", "dirty room"), ("Колба", "бокал"), ("a", "A")],
)
def test_anagrams_are_recognised(first: str, second: str) -> None:
    assert are_anagrams(first, second) is True
    assert are_anagrams(first, second + "x") is False


@pytest.mark.parametrize(("first", "second"), [("hello", "world"), ("aab", "abb")])
def test_words_of_other_letters_are_not_anagrams(first: str, second: str) -> None:
    assert are_anagrams(first, second) is False
    assert are_anagrams(first, first[::-1]) is True


def test_anagrams_are_found_in_a_list_but_not_the_word_itself() -> None:
    candidates = ["tinsel", "Listen", "enlist", "google"]
    assert find_anagrams("listen", candidates) == ["tinsel", "enlist"]


def test_words_are_grouped_by_their_letters() -> None:
    words = ["eat", "tan", "tea", "nat", "bat"]
    assert group_anagrams(words) == [["eat", "tea"], ["tan", "nat"], ["bat"]]
