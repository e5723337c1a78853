import pytest

from wordfreq import most_common_words, split_words, text_statistics, word_frequencies

TEXT = "The cat saw the dog. The dog ran!"


def test_words_are_listed_in_lower_case_without_punctuation() -> None:
    assert split_words("Hello, World! It's well-known.") == [
        "hello",
        "world",
        "it's",
        "well-known",
    ]


def test_words_of_other_alphabets_are_found() -> None:
    assert split_words("Привет, мир") == ["привет", "мир"]


def test_frequencies_do_not_depend_on_case() -> None:
    assert word_frequencies(TEXT) == {"the": 3, "cat": 1, "saw": 1, "dog": 2, "ran": 1}


def test_ignored_words_are_not_counted() -> None:
    assert word_frequencies("The cat, the dog", ignore=["THE"]) == {"cat": 1, "dog": 1}


def test_the_most_common_words_come_first() -> None:
    assert most_common_words(TEXT, 2) == [("the", 3), ("dog", 2)]


def test_equal_counts_are_in_alphabetical_order() -> None:
    assert most_common_words("b c a") == [("a", 1), ("b", 1), ("c", 1)]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        most_common_words(TEXT, -1)


def test_a_text_is_measured() -> None:
    statistics = text_statistics(TEXT)
    assert statistics.characters == 33
    assert statistics.words == 8
    assert statistics.unique_words == 5
    assert statistics.sentences == 2
    assert statistics.average_word_length == pytest.approx(3.0)


def test_a_sentence_without_a_full_stop_counts() -> None:
    assert text_statistics("One. Two").sentences == 2


def test_an_empty_text_has_no_words() -> None:
    assert text_statistics("").average_word_length == 0.0
    assert text_statistics("").words == 0
    assert split_words("one") == ["one"]
