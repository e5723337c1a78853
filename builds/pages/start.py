"""The start page: requests to try."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Suggestion:
    """A request that the product is known to answer well, offline too, in every language of its pages."""

    slug: str
    title: str | Promise
    lead: str | Promise
    examples: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the request with its examples."""
        return "\n".join([str(self.lead), *(("", *self.examples) if self.examples else ())])


SUGGESTIONS = (
    Suggestion(
        "roman",
        _("Roman numerals"),
        _("A function that converts integers to Roman numerals and back."),
        ("to_roman(4) == 'IV'", "to_roman(1994) == 'MCMXCIV'", "from_roman('XLII') == 42"),
    ),
    Suggestion(
        "slugify",
        _("Slugs for titles"),
        _("A function slugify that turns a title into a URL slug."),
        ("slugify('Hello, World!') == 'hello-world'",),
    ),
    Suggestion(
        "lru-cache",
        _("LRU cache"),
        _("An LRU cache with a fixed capacity that evicts the least recently used entry."),
    ),
    Suggestion(
        "expressions",
        _("Arithmetic expressions"),
        _("An arithmetic expression parser and evaluator with parentheses and unary minus."),
        ("evaluate('2 + 3 * (4 - 1)') == 11",),
    ),
    Suggestion(
        "durations",
        _("ISO 8601 durations"),
        _("Parse ISO 8601 durations and format them back."),
    ),
)


def suggestion(slug: str) -> Suggestion | None:
    """Return the suggestion of that name."""
    return next((each for each in SUGGESTIONS if each.slug == slug), None)
