"""Keeping secrets out of whatever is written down: by what they look like, and those of this installation by value."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from agentsite.common import secret_shapes

ELLIPSIS = "…"
SHORTEST = 9
"""Shorter values are ordinary words sooner or later; hiding them would garble what people read."""
_NAME = re.compile(
    r"(password|passwd|secret|token|ticket|api_?key|private_?key|authorization|cookie|credential|database_url|redis_url)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"(?P<kept>://[^:/@\s]{0,64}:(?=[^\s@/]{1,200}@)|\b(?:Bearer|Basic)\s+|(?:/bot|\btoken `)\d{1,20}:|[?&]ticket="
    r"|[?&](?:password|passwd|pwd|(?:access_)?token|api_?key|(?:client_)?secret|sig(?:nature)?)="
    r"|\bsk-|\bag(?:s|t|sw)_)[^\s\"'<>&#,;]{6,400}",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(?P<kept>\b(?:sessionid|csrftoken)=)[A-Za-z0-9]{16,128}")
_AFTER_AT = re.compile(r"(?P<kept>://[^:/@\s]{0,64}:)[^\s@]{1,200}@")
_A_KEY = secret_shapes.STANDS_ALONE.format("|".join(secret_shapes.KEYS))
_LOOKS_SECRET = re.compile(f"{secret_shapes.PRIVATE_KEY}|{_A_KEY}")
_AWS_SECRET = re.compile(secret_shapes.AWS_SECRET, re.IGNORECASE)
_known: tuple[str, ...] = ()


def know(values: Iterable[str]) -> None:
    """Hide these from now on, and the passwords in those that are addresses."""
    global _known  # noqa: PLW0603  one memory for the process
    found = {part for value in values for part in _parts_of(value) if len(part) >= SHORTEST}
    _known = tuple(sorted(found | set(_known), key=len, reverse=True))


def _parts_of(value: str) -> set[str]:
    parts = {value.strip()}
    if "://" in value:
        password = urlsplit(value.strip()).password or ""
        parts |= {password, unquote(password)}
    return parts | {line for part in parts if "\n" in part for line in part.splitlines()}


def is_secret_name(name: str) -> bool:
    """Say whether what has this name is nobody's to read."""
    return bool(_NAME.search(name))


def hide_own(value: Any) -> Any:
    """Return a text, or plain JSON, without the secrets of this installation; all else stays as it is."""
    if isinstance(value, str):
        for secret in _known:
            if secret in value:
                value = value.replace(secret, ELLIPSIS)
        return value
    if isinstance(value, dict):
        return {hide_own(name): hide_own(inner) for name, inner in value.items()}
    return [hide_own(inner) for inner in value] if isinstance(value, list | tuple) else value


def redact(text: str) -> str:
    """Replace whatever is or looks like a secret: keys, tokens, tickets, cookies, passwords in addresses."""
    text = str(hide_own(text))
    text = _LOOKS_SECRET.sub(ELLIPSIS, text)
    text = _AWS_SECRET.sub(lambda match: match[0].replace(match["it"], ELLIPSIS), text)
    text = _AFTER_AT.sub(rf"\g<kept>{ELLIPSIS}@", text)
    return _COOKIE.sub(rf"\g<kept>{ELLIPSIS}", _INTRODUCED.sub(rf"\g<kept>{ELLIPSIS}", text))
