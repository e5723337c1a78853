"""Texts: code, notes, tables, and drawings that are written as text."""

import re
from collections.abc import Mapping
from typing import Any

from memory.attachments import refusals, svg

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters other than those that stand in listings and logs."""
_HEAD = 1_024
_FOREIGN = re.compile(r"%PDF-|\A\{\\rtf|\AMIME-Version:", re.IGNORECASE)
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?svg(?=[\s/>])", re.IGNORECASE)


def judged(content: bytes) -> tuple[str, Mapping[str, Any]]:
    """Return the type of a text and what can be said of it.

    :raises AppError: ``attachment.unknown_kind`` for what is no text; ``attachment.unsafe_image``.
    """
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise refusals.unknown_kind() from None
    if _NO_TEXT.search(text) or _FOREIGN.search(text[:_HEAD]):
        raise refusals.unknown_kind()
    facts = {"encoding": encoding.removesuffix("-sig"), "lines": text.count("\n") + 1, "characters": len(text)}
    if is_svg(text):
        svg.check(text)
        return "image/svg+xml", facts
    return "text/plain", facts


def is_svg(text: str) -> bool:
    """Say whether the first element of a text is a drawing's."""
    at = 0
    while found := _BEFORE_ROOT.match(text, at):
        at = found.end()
    return _ROOT.match(text, at) is not None
