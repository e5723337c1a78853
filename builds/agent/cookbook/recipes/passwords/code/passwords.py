"""Generate random passwords and judge how strong a password is."""

import secrets
import string

SYMBOLS = "!#$%&*+-=?@_"
_CLASSES = {
    "a lower-case letter": string.ascii_lowercase,
    "an upper-case letter": string.ascii_uppercase,
    "a digit": string.digits,
    "a symbol": string.punctuation,
}
_MIN_LENGTH = 8
_STRONG_LENGTH = 12
_COMMON = {"password", "qwerty", "letmein", "welcome", "iloveyou", "admin", "123456"}


def generate_password(length: int = 16, *, symbols: bool = True) -> str:
    """Make a random password with every kind of character in it.

    It comes from the system's secure random source.

    :raises ValueError: the length is smaller than 8.
    """
    if length < _MIN_LENGTH:
        raise ValueError(f"length must be at least {_MIN_LENGTH}")
    kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits]
    if symbols:
        kinds.append(SYMBOLS)
    letters = [secrets.choice(kind) for kind in kinds]
    alphabet = "".join(kinds)
    letters += [secrets.choice(alphabet) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


def password_problems(password: str) -> list[str]:
    """List what a password lacks; a good one lacks nothing."""
    problems = []
    if len(password) < _MIN_LENGTH:
        problems.append(f"shorter than {_MIN_LENGTH} characters")
    for name, letters in _CLASSES.items():
        if not any(letter in letters for letter in password):
            problems.append(f"without {name}")
    if any(word in password.lower() for word in _COMMON):
        problems.append("contains a common password")
    return problems


def password_strength(password: str) -> str:
    """Judge a password as ``weak``, ``medium`` or ``strong``."""
    problems = password_problems(password)
    if not problems and len(password) >= _STRONG_LENGTH:
        return "strong"
    is_long = len(password) >= _MIN_LENGTH
    is_common = "contains a common password" in problems
    return "medium" if is_long and not is_common and len(problems) <= 1 else "weak"
