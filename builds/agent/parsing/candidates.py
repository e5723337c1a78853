"""What may be an example, before anybody has judged whether it is certain."""

import re
from dataclasses import dataclass

MAX_SOURCE = 300

# A name that no word, dot or dollar sign stands before, with the bracket that opens its arguments.
CALL = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\(", re.ASCII)

_NEGATION = re.compile(
    r"\b(?:not|never|cannot|no longer|wrong(?:ly)?|incorrect(?:ly)?|bugs?|buggy|currently|instead|actual(?:ly)?"
    r"|but|however|approximately|approx|maybe|might|could|sometimes|possibly|probably|unless|except|previously|before"
    r"|used to|random\w*|second|third|twice|again"
    r"|не|ни|никогда|вместо|сейчас|ошибочно|неверн\w*|неправильн\w*|баг|но|однако|примерно|приблизительно|около"
    r"|иногда|возможно|может|пока|раньше|случайн\w*|втор\w*|снова|повторн\w*|дважды)\b|n['’]t\b|≈|\?",
    re.IGNORECASE,
)
_CASE = re.compile(r"\b(?:if|mode|если|режим\w*)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A call and what seems to be said about it, as written. ``raises`` is a name, or empty."""

    expression: str
    expected: str
    source: str
    raises: str = ""
    is_arrow: bool = False
    """Said with ``->``, which signatures use as well."""
    is_copied: bool = False
    """Copied from a session, so that numbers have all their digits."""


def is_doubtful(words: str) -> bool:
    """Say whether a sentence denies, doubts, asks or complains; what it shows may be what is wrong today."""
    return bool(_NEGATION.search(words))


def is_doubtful_heading(words: str) -> bool:
    """Say whether what stands below a heading is in doubt, or true in one case only."""
    return is_doubtful(words) or bool(_CASE.search(words))


def one_line(words: str) -> str:
    """Write a user's words on one line of bounded length."""
    return " ".join(words[: 2 * MAX_SOURCE].split())[:MAX_SOURCE]
