"""Telegram's HTML: escaped, made plain, and cut into messages that Telegram takes."""

import html
import re

MAX_UNITS = 4096
"""UTF-16 code units of one message after its markup is read (Bot API, sendMessage)."""
_TOKEN = re.compile(r"<[^>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{1,31});|[^<&]|.", re.DOTALL)
_TAG_NAME = re.compile(r"</?([a-z-]+)")


def escaped(text: str) -> str:
    """Return what people or models wrote so that it is no markup."""
    return html.escape(text, quote=False)


def plain(markup: str) -> str:
    """Return what a reader sees."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def units(text: str) -> int:
    """Return how many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le")) // 2


def split(markup: str, most: int = MAX_UNITS) -> list[str]:
    """Cut markup into parts of at most so many units, at lines or words where there are any.

    Tags that are open at a cut are closed there and opened again. Nothing but the blanks at the cuts is lost.
    """
    parts, tokens = [], _TOKEN.findall(markup)
    while tokens:
        cut = _cut(tokens, most)
        head, tokens = tokens[:cut], tokens[cut:]
        still_open = _still_open(head)
        parts.append("".join([*head, *(f"</{_name(tag)}>" for tag in reversed(still_open))]).strip())
        is_code = any(_name(tag) == "pre" for tag in still_open)  # indentation means something there
        rest = tokens if is_code else _without_blanks(tokens)
        tokens = [*still_open, *rest] if any(map(units_of, tokens)) else []
    return [part for part in parts if plain(part).strip()]


def units_of(token: str) -> int:
    """Return how much of a message a token takes; a tag takes nothing."""
    if token.startswith("<") and len(token) > 1:
        return 0
    return units(html.unescape(token))


def _cut(tokens: list[str], most: int) -> int:
    """Return how many tokens one part takes."""
    used, line, word = 0, 0, 0
    for index, each in enumerate(tokens):
        used += units_of(each)
        if used > most:
            return next((cut for cut in (line, word) if cut > index // 2), index)
        if each == "\n":
            line = index + 1
        elif each.isspace():
            word = index + 1
    return len(tokens)


def _still_open(tokens: list[str]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if token.startswith("</") and found:
            found.pop()
        elif token.startswith("<") and len(token) > 1:
            found.append(token)
    return found


def _without_blanks(tokens: list[str]) -> list[str]:
    first = next((index for index, token in enumerate(tokens) if not token.isspace()), len(tokens))
    return tokens[first:]


def _name(tag: str) -> str:
    found = _TAG_NAME.match(tag)
    return found.group(1) if found else ""
