"""Names made of what somebody wrote."""

import pytest

from builds.naming import folder_name, name_from


@pytest.mark.parametrize(
    ("requirements", "name"),
    [
        ("A function that converts integers to Roman numerals", "Converts integers to Roman numerals"),
        ("Please write me a slugify function.\nMore.", "Slugify function"),
        ("напиши функцию, которая считает слова", "Считает слова"),
        ("a\x00b", "B"),
        ("the", "project"),
        ("", "project"),
        ("x" * 300, "X" + "x" * 59),
    ],
)
def test_a_name_is_made_of_the_first_words_that_say_something(requirements: str, name: str) -> None:
    assert name_from(requirements) == name


@pytest.mark.parametrize(
    ("name", "folder"),
    [("Roman numerals", "roman-numerals"), ("../../etc", "etc"), ("Привет", "project"), ("-a--b-", "a-b")],
)
def test_a_folder_name_is_safe(name: str, folder: str) -> None:
    assert folder_name(name) == folder
