import pytest

from slugs import slugify, to_ascii


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  Many   spaces  ", "many-spaces"),
        ("Crème Brûlée", "creme-brulee"),
        ("under_score and-dash", "under-score-and-dash"),
        ("Python 3.11", "python-3-11"),
        ("Привет, мир", "privet-mir"),
        ("--already--a--slug--", "already-a-slug"),
    ],
)
def test_a_title_becomes_a_slug(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_the_separator_can_be_chosen() -> None:
    assert slugify("Hello World", separator="_") == "hello_world"


def test_a_long_slug_is_cut_between_words() -> None:
    assert slugify("one two three", max_length=9) == "one-two"


def test_a_single_long_word_is_cut_inside() -> None:
    assert slugify("incomprehensible", max_length=5) == "incom"


def test_a_short_slug_is_not_cut() -> None:
    assert slugify("one two", max_length=7) == "one-two"


def test_a_text_without_letters_gives_an_empty_slug() -> None:
    assert slugify("!?") == ""
    assert slugify("!a?") == "a"


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_length"):
        slugify("x", max_length=0)


def test_accents_and_cyrillic_become_plain_letters() -> None:
    assert to_ascii("Éclair Щука") == "eclair shchuka"
