import pytest

from morse import from_morse, to_morse

PAIRS = [
    ("SOS", "... --- ..."),
    ("HELLO WORLD", ".... . .-.. .-.. --- / .-- --- .-. .-.. -.."),
    ("R2D2?", ".-. ..--- -.. ..--- ..--.."),
]


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_a_text_is_written_in_morse(text: str, code: str) -> None:
    assert to_morse(text) == code
    assert to_morse(text.lower()) == code


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_morse_is_read(text: str, code: str) -> None:
    assert from_morse(code) == text


def test_spaces_around_and_between_do_not_matter() -> None:
    assert to_morse("  a   b ") == ".- / -..."
    assert from_morse("  .-   -...  /  -.-. ") == "AB C"


def test_an_empty_text_has_no_code() -> None:
    assert (to_morse(""), from_morse("")) == ("", "")
    assert (to_morse("e"), from_morse(".")) == (".", "E")


def test_a_character_without_a_code_is_refused() -> None:
    with pytest.raises(ValueError, match="no Morse code for 'Ж'"):
        to_morse("ж")


@pytest.mark.parametrize("code", ["........", "abc", ".-.-.-.-"])
def test_a_sign_that_is_not_morse_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="not Morse code"):
        from_morse(code)
