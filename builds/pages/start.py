"""The start page: requests to try, and forms that count once however often they are sent."""

import re
import time
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_REMEMBERED = 20
_HOUR = 3600
_SESSION = "builds.forms"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_WAITS = 40
_WAIT_SECONDS = 0.05


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


def new_token() -> str:
    """Return a token for one showing of the form."""
    return uuid4().hex


def reserve(request: HttpRequest, token: str) -> bool:
    """Say whether this is the first time that this form arrives; of two that arrive together, one is first."""
    if not _TOKEN.fullmatch(token):
        return True
    return token not in request.session.get(_SESSION, {}) and cache.add(_key(request, token), "", _HOUR)


def release(request: HttpRequest, token: str) -> None:
    """Let the form be sent again: it led to nothing."""
    cache.delete(_key(request, token))


def remember(request: HttpRequest, token: str, build_id: UUID) -> None:
    """Note which build a form led to."""
    if not _TOKEN.fullmatch(token):
        return
    cache.set(_key(request, token), str(build_id), _HOUR)
    kept = [*request.session.get(_SESSION, {}).items(), (token, str(build_id))][-_REMEMBERED:]
    request.session[_SESSION] = dict(kept)


def build_of(request: HttpRequest, token: str) -> UUID | None:
    """Return the build a form led to, waiting a moment for one that is being taken in right now."""
    for _turn in range(_WAITS):
        known = request.session.get(_SESSION, {}).get(token) or cache.get(_key(request, token))
        if known != "":
            return UUID(known) if known else None
        time.sleep(_WAIT_SECONDS)
    return None


def _key(request: HttpRequest, token: str) -> str:
    return f"builds.form.{request.user.pk}.{token}"
