"""Run-length encoding: ``aaab`` becomes ``3a1b`` and back."""

import re
from itertools import groupby

_RUN = re.compile(r"([1-9][0-9]{0,6})([^0-9])", re.DOTALL)


def encode(text: str) -> str:
    """Write each run of equal characters as its length and the character.

    :raises ValueError: the text contains digits, which could not be told apart.
    """
    if any(letter in "0123456789" for letter in text):
        raise ValueError("the text must not contain digits")
    return "".join(f"{len(list(run))}{letter}" for letter, run in groupby(text))


def decode(code: str) -> str:
    """Write out a run-length code.

    :raises ValueError: the code is not pairs of a length and a character.
    """
    pieces = []
    position = 0
    while position < len(code):
        match = _RUN.match(code, position)
        if match is None:
            raise ValueError(f"not a run-length code at {position}")
        pieces.append(match[2] * int(match[1]))
        position = match.end()
    return "".join(pieces)
