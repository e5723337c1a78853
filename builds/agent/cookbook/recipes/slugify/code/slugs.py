"""Turn titles into slugs that are safe in a URL or a file name."""

import re
import unicodedata

_CYRILLIC = "а б в г д е ё ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я"
_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya"
_SPELLING = dict(zip(_CYRILLIC.split(" "), _LATIN.split(" "), strict=True))
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def to_ascii(text: str) -> str:
    """Write a text in plain Latin letters: accents go, Cyrillic is transliterated."""
    spelled = "".join(_SPELLING.get(letter, letter) for letter in text.lower())
    decomposed = unicodedata.normalize("NFKD", spelled)
    return decomposed.encode("ascii", "ignore").decode("ascii")


def slugify(text: str, separator: str = "-", max_length: int | None = None) -> str:
    """Turn a text into lower-case letters and digits joined by a separator.

    A slug that is too long is cut between words where it can be.

    :raises ValueError: ``max_length`` is smaller than 1.
    """
    if max_length is not None and max_length < 1:
        raise ValueError("max_length must be at least 1")
    words = [word for word in _NOT_SLUG.split(to_ascii(text)) if word]
    slug = separator.join(words)
    if max_length is None or len(slug) <= max_length:
        return slug
    while len(words) > 1 and len(separator.join(words)) > max_length:
        words.pop()
    return separator.join(words)[:max_length]
