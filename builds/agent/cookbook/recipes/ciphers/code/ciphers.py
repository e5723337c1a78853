"""The Caesar and Vigenère ciphers, for Latin and Russian letters.

They are puzzles: neither keeps a secret from anybody who wants to know it.
"""

from string import ascii_lowercase

_ALPHABETS = (ascii_lowercase, "абвгдеёжзийклмнопрстуфхцчшщъыьэюя")


def caesar_encrypt(text: str, shift: int) -> str:
    """Move every letter so many places on in its alphabet; case is kept."""
    return "".join(_shifted(letter, shift) for letter in text)


def caesar_decrypt(text: str, shift: int) -> str:
    """Undo the Caesar cipher with the same shift."""
    return caesar_encrypt(text, -shift)


def vigenere_encrypt(text: str, key: str) -> str:
    """Move every letter by the next letter of a repeated key; case is kept.

    :raises ValueError: the key is not made of Latin or Russian letters.
    """
    return _vigenere(text, key, 1)


def vigenere_decrypt(text: str, key: str) -> str:
    """Undo the Vigenère cipher with the same key.

    :raises ValueError: the key is not made of Latin or Russian letters.
    """
    return _vigenere(text, key, -1)


def _vigenere(text: str, key: str, sign: int) -> str:
    alphabets = [_alphabet(letter) for letter in key]
    if not key or "" in alphabets:
        raise ValueError("the key must be made of Latin or Russian letters")
    shifts = [
        alphabet.index(letter) * sign
        for alphabet, letter in zip(alphabets, key.lower(), strict=True)
    ]
    result = []
    used = 0
    for letter in text:
        result.append(_shifted(letter, shifts[used % len(shifts)]))
        used += _alphabet(letter) != ""
    return "".join(result)


def _shifted(letter: str, shift: int) -> str:
    alphabet = _alphabet(letter)
    if not alphabet:
        return letter
    position = alphabet.index(letter.lower()) + shift
    moved = alphabet[position % len(alphabet)]
    return moved if letter.islower() else moved.upper()


def _alphabet(letter: str) -> str:
    for alphabet in _ALPHABETS:
        if letter.lower() in alphabet:
            return alphabet
    return ""
