"""Morse code for Latin letters, digits and common punctuation."""

_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?!/@=-"
_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- "
    ".-. ... - ..- ...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- "
    "..... -.... --... ---.. ----. .-.-.- --..-- ..--.. -.-.-- -..-. .--.-. "
    "-...- -....-"
)
_CODES = dict(zip(_CHARACTERS, _SIGNS.split(), strict=True))
_LETTERS = {code: letter for letter, code in _CODES.items()}


def to_morse(text: str) -> str:
    """Write a text in Morse code: a space between letters, `` / `` between words.

    :raises ValueError: a character has no Morse code.
    """
    return " / ".join(
        " ".join(_code(letter) for letter in word) for word in text.upper().split()
    )


def from_morse(code: str) -> str:
    """Read Morse code; the text comes back in capital letters.

    :raises ValueError: a sign is not Morse code.
    """
    return " ".join(
        "".join(_letter(sign) for sign in word.split()) for word in code.split("/")
    ).strip()


def _code(letter: str) -> str:
    if letter not in _CODES:
        raise ValueError(f"no Morse code for {letter!r}")
    return _CODES[letter]


def _letter(sign: str) -> str:
    if sign not in _LETTERS:
        raise ValueError(f"not Morse code: {sign!r}")
    return _LETTERS[sign]
