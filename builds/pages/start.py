"""The start page: requests to try."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Suggestion:
    """A request that the product is known to answer well, offline too."""

    slug: str
    title: str | Promise
    text: str

    @property
    def lead(self) -> str:
        """Return the request without its examples."""
        return self.text.partition("\n")[0]


SUGGESTIONS = (
    Suggestion(
        "roman",
        _("Roman numerals"),
        "A function that converts integers to Roman numerals and back.\n\n"
        "to_roman(4) == 'IV'\nto_roman(1994) == 'MCMXCIV'\nfrom_roman('XLII') == 42",
    ),
    Suggestion(
        "slugify",
        _("Slugs for titles"),
        "A function slugify that turns a title into a URL slug.\n\nslugify('Hello, World!') == 'hello-world'",
    ),
    Suggestion(
        "lru-cache", _("LRU cache"), "An LRU cache with a fixed capacity that evicts the least recently used entry."
    ),
    Suggestion(
        "expressions",
        _("Arithmetic expressions"),
        "An arithmetic expression parser and evaluator with parentheses and unary minus.\n\n"
        "evaluate('2 + 3 * (4 - 1)') == 11",
    ),
    Suggestion(
        "durations",
        _("ISO 8601 durations"),
        "Parse ISO 8601 durations and format them back.",
    ),
)


def suggestion(slug: str) -> Suggestion | None:
    """Return the suggestion of that name."""
    return next((each for each in SUGGESTIONS if each.slug == slug), None)
