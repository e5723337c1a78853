"""Convert a small, safe part of Markdown to HTML."""

import re
from collections.abc import Iterator
from html import escape

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?![\s*])(?P<bold>[^*\n]+)(?<!\s)\*\*"
    r"|\*(?![\s*])(?P<italic>[^*\n]+)(?<!\s)\*"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<url>[^()\s]+)\)"
)
_HEADING = re.compile(r"(#{1,6}) (.+)")
_BULLET = re.compile(r"[-*] (.+)")
_NUMBERED = re.compile(r"\d{1,9}\. (.+)")
_SAFE_URL = re.compile(r"(?:https?://|mailto:|[#/])", re.IGNORECASE)
_FENCE = "```"


def markdown_to_html(text: str) -> str:
    """Convert headings, paragraphs, lists, code blocks and inline marks to HTML.

    Inline marks are bold, italic, code and links. HTML in the text is escaped, and
    links to anything but the web, mail or this site are left as text.
    """
    return "\n".join(_blocks(text.splitlines()))


def inline_to_html(text: str) -> str:
    """Convert the bold, italic, code and link marks of one line to HTML."""
    pieces = []
    position = 0
    for match in _INLINE.finditer(text):
        pieces.append(escape(text[position : match.start()]))
        pieces.append(_inline(match))
        position = match.end()
    return "".join(pieces) + escape(text[position:])


def _inline(match: re.Match[str]) -> str:
    if match["code"]:
        return f"<code>{escape(match['code'])}</code>"
    if match["bold"]:
        return f"<strong>{escape(match['bold'])}</strong>"
    if match["italic"]:
        return f"<em>{escape(match['italic'])}</em>"
    if not _SAFE_URL.match(match["url"]):
        return escape(match[0])
    return f'<a href="{escape(match["url"])}">{escape(match["label"])}</a>'


def _blocks(lines: list[str]) -> Iterator[str]:
    position = 0
    while position < len(lines):
        kind = _kind(lines[position])
        end = position + 1
        if kind == "fence":
            while end < len(lines) and lines[end].strip() != _FENCE:
                end += 1
            yield _code(lines[position + 1 : end])
            position = end + 1
            continue
        while kind != "heading" and end < len(lines) and _kind(lines[end]) == kind:
            end += 1
        if kind != "empty":
            yield _block(kind, lines[position:end])
        position = end


def _kind(line: str) -> str:
    if not line.strip():
        return "empty"
    if line.startswith(_FENCE):
        return "fence"
    patterns = (("heading", _HEADING), ("ul", _BULLET), ("ol", _NUMBERED))
    for kind, pattern in patterns:
        if pattern.fullmatch(line):
            return kind
    return "paragraph"


def _block(kind: str, lines: list[str]) -> str:
    if kind == "heading":
        marks, title = lines[0].split(" ", 1)
        return f"<h{len(marks)}>{inline_to_html(title.strip())}</h{len(marks)}>"
    if kind == "paragraph":
        return f"<p>{inline_to_html(' '.join(line.strip() for line in lines))}</p>"
    items = (inline_to_html(line.split(" ", 1)[1].strip()) for line in lines)
    return f"<{kind}>{''.join(f'<li>{item}</li>' for item in items)}</{kind}>"


def _code(lines: list[str]) -> str:
    return f"<pre><code>{escape(chr(10).join(lines))}</code></pre>"
