import pytest

from ciphers import (
    caesar_decrypt,
    caesar_encrypt,
    vigenere_decrypt,
    vigenere_encrypt,
)


@pytest.mark.parametrize(
    ("plain", "shift", "secret"),
    [
        ("Hello, World!", 3, "Khoor, Zruog!"),
        ("xyz XYZ", 3, "abc ABC"),
        ("abc", -1, "zab"),
        ("Привет, Юля!", 3, "Тулезх, Бов!"),
        ("ünïcode 1", 1, "üoïdpef 1"),
    ],
)
def test_the_caesar_cipher_moves_letters(plain: str, shift: int, secret: str) -> None:
    assert caesar_encrypt(plain, shift) == secret
    assert caesar_decrypt(secret, shift) == plain


def test_a_shift_of_the_whole_alphabet_changes_nothing() -> None:
    assert caesar_encrypt("Hello", 26) == "Hello"
    assert caesar_encrypt("Hello", 27) == caesar_encrypt("Hello", 1)


@pytest.mark.parametrize(
    ("plain", "key", "secret"),
    [
        ("ATTACKATDAWN", "LEMON", "LXFOPVEFRNHR"),
        ("Attack at dawn!", "Lemon", "Lxfopv ef rnhr!"),
        ("abc", "b", "bcd"),
        ("Привет", "аб", "Псигеу"),
    ],
)
def test_the_vigenere_cipher_follows_its_key(plain: str, key: str, secret: str) -> None:
    assert vigenere_encrypt(plain, key) == secret
    assert vigenere_decrypt(secret, key) == plain


@pytest.mark.parametrize("key", ["", "a1", "clé", "two words"])
def test_a_key_that_is_not_latin_letters_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="Latin or Russian letters"):
        vigenere_encrypt("text", key)
    with pytest.raises(ValueError, match="Latin or Russian letters"):
        vigenere_decrypt("text", key)
