"""Source code as HTML with classes; everything foreign in it is escaped."""

import re
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_HIGHLIGHTED_CHARACTERS = 100_000
_SHOWN_CHARACTERS = 300_000
_UNKNOWN_TYPESCRIPT = re.compile(r"\.[cm]ts$")
"""Endings that Pygments does not know."""


def highlighted(path: str, text: str) -> SafeString:
    """Return a file's text, one ``span.line`` for each line; long files are shown plain, very long ones cut."""
    if len(text) > _HIGHLIGHTED_CHARACTERS:
        return _wrapped(str(escape(text[:_SHOWN_CHARACTERS])))
    return _coloured(path.rpartition("/")[2], text)


def is_cut(text: str) -> bool:
    """Say whether ``highlighted`` leaves something out."""
    return len(text) > _SHOWN_CHARACTERS


@lru_cache(maxsize=256)
def _coloured(name: str, text: str) -> SafeString:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_for_filename
    from pygments.lexers.special import TextLexer
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_for_filename(_UNKNOWN_TYPESCRIPT.sub(".ts", name), stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    return _wrapped(highlight(text, lexer, HtmlFormatter(nowrap=True)))


def _wrapped(html: str) -> SafeString:
    """Give each line its span; Pygments closes its own spans at every line's end."""
    body = "\n".join(f'<span class="line">{line}</span>' for line in html.removesuffix("\n").split("\n"))
    return mark_safe(body)  # noqa: S308  both sources above are escaped
