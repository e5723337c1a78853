"""Documents cut into passages: code along functions and classes, Markdown along headings, the rest by size.

Line by line and without a parser: the text may be hostile, and a wrong cut only makes a less handsome passage.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

MAX_CHARS = 1_600
OVERLAP_CHARS = 200
MAX_DOCUMENT_CHARS = 1_000_000
MAX_CHUNKS = 400
_DEFINITION = re.compile(r"(?:async[ \t]{1,8})?(?:def|class)[ \t]{1,8}(\w{1,80})")
_HEADING = re.compile(r"#{1,6}[ \t]")
_QUOTES = re.compile(r"\"\"\"|'''")
_FENCES = ("```", "~~~")


@dataclass(frozen=True)
class Chunk:
    """A passage of at most ``MAX_CHARS`` characters, named after its function, class or heading if it has one."""

    text: str
    title: str = ""


def chunks(text: str, *, language: str = "", source_file: str = "", is_code: bool = False) -> list[Chunk]:
    """Cut a document; what goes beyond ``MAX_DOCUMENT_CHARS`` or ``MAX_CHUNKS`` is left out."""
    lines = text[:MAX_DOCUMENT_CHARS].splitlines(keepends=True)
    suffix = source_file.lower().rpartition(".")[2]
    if suffix in {"py", "pyi"} or (is_code and language == "python"):
        sections = _python(lines)
    elif suffix in {"md", "markdown"} or not is_code:
        sections = _markdown(lines)
    else:
        sections = iter([("", lines)])
    return list(islice(_bounded(sections), MAX_CHUNKS))


def _python(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Start a section at each definition in the first column, with its decorators; the code between stands alone."""
    title, section, has_body, quote = "", list[str](), True, ""
    for line in lines:
        is_free = not quote and line[:1] not in {"", " ", "\t", "\r", "\n", "#", ")", "]", "}"}
        found = _DEFINITION.match(line) if is_free else None
        if is_free and has_body and (found or line[0] == "@" or title):
            yield title, section
            title, section = "", []
        if is_free:
            has_body = line[0] != "@"
        if found:
            title = found.group(1)
        section.append(line)
        quote = _open_quote(line, quote)
    yield title, section


def _open_quote(line: str, quote: str) -> str:
    """Return the triple quote that is still open after a line."""
    for found in _QUOTES.finditer(line):
        if not quote:
            quote = found.group()
        elif quote == found.group():
            quote = ""
    return quote


def _markdown(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    title, section, fence = "", list[str](), ""
    for line in lines:
        mark = line.lstrip()[:3]
        if mark in _FENCES and fence in {"", mark}:
            fence = "" if fence else mark
        if not fence and _HEADING.match(line):
            yield title, section
            title, section = line.strip("# \t\r\n")[:120], []
        section.append(line)
    yield title, section


def _bounded(sections: Iterable[tuple[str, list[str]]]) -> Iterator[Chunk]:
    for title, lines in sections:
        for window in _windows(lines):
            text = window.strip("\r\n").rstrip()
            if text.strip():
                yield Chunk(text, title)


def _windows(lines: Iterable[str]) -> Iterator[str]:
    """Fill windows with whole lines; each begins with the last lines of the one before."""
    window, size, fresh = list[str](), 0, False
    for line in _short(lines):
        if size + len(line) > MAX_CHARS:
            yield "".join(window)
            window = _tail(window, min(OVERLAP_CHARS, MAX_CHARS - len(line)))
            size, fresh = sum(map(len, window)), False
        window.append(line)
        size, fresh = size + len(line), True
    if fresh:
        yield "".join(window)


def _short(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from (line[start : start + MAX_CHARS] for start in range(0, len(line), MAX_CHARS))


def _tail(lines: list[str], room: int) -> list[str]:
    kept, size = list[str](), 0
    for line in reversed(lines):
        size += len(line)
        if size > room:
            break
        kept.append(line)
    return kept[::-1]
