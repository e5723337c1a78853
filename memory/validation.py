"""What the records beside the vectors may hold; one rule for every door."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.common.errors import AppError, invalid
from agentsite.common.texts import holds_controls, reorders, storable
from memory.models.bounds import MAX_JSON

MAX_DEPTH = 20


def line(field: str, text: str, most: int, *, is_required: bool = True) -> str:
    """Return a name on one line.

    :raises AppError: ``request.invalid`` for one that is empty, too long, or can't be shown on a line as it is.
    """
    shown = " ".join(text.split())
    if is_required and not shown:
        raise invalid(**{field: _("This is needed.")})
    within(field, shown, most)
    if reorders(shown) or holds_controls(shown):
        raise invalid(**{field: _("Use letters that can be shown on one line.")})
    return shown


def prose(field: str, text: str, most: int, *, is_required: bool = True) -> str:
    """Return a text of any number of lines, as it is.

    :raises AppError: ``request.invalid`` for one that is empty, too long, or holds control characters.
    """
    plain = text.replace("\r\n", "\n")
    if is_required and not plain.strip():
        raise invalid(**{field: _("This is needed.")})
    within(field, plain, most)
    if holds_controls(plain, allowed="\n\t"):
        raise invalid(**{field: _("This holds control characters. Remove them and try again.")})
    return plain


def within(field: str, text: str, most: int) -> str:
    """Return a text that has so many characters at most.

    :raises AppError: ``request.invalid``.
    """
    if len(text) > most:
        told = {"length": len(text), "longest": most}
        sentence = _("This is %(length)d characters long; at most %(longest)d are allowed.") % told
        raise invalid(**{field: sentence})
    return text


def choice(field: str, value: str, choices: list[str]) -> str:
    """Return one of some words.

    :raises AppError: ``request.invalid``.
    """
    if value not in choices:
        raise invalid(**{field: _("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)}})
    return value


def number(field: str, value: float, least: float, most: float) -> float:
    """Return a number within bounds, which neither NaN nor infinity is.

    :raises AppError: ``request.invalid``.
    """
    if isinstance(value, bool) or not least <= value <= most:
        raise invalid(**{field: _("Give a number from %(least)g to %(most)g.") % {"least": least, "most": most}})
    return float(value)


def to_come(field: str, moment: datetime | None) -> datetime | None:
    """Return a moment that is still to come, or none.

    :raises AppError: ``request.invalid``.
    """
    if moment is not None and (timezone.is_naive(moment) or moment <= timezone.now()):
        raise invalid(**{field: _("Give a moment that is still to come, or leave it empty.")})
    return moment


def document(field: str, value: Any, most: int = MAX_JSON) -> Any:
    """Return a JSON value that both databases can keep, and that isn't null.

    :raises AppError: ``request.invalid`` for one that is too large or too deep, or holds what no database takes.
    """
    if value is None:
        raise invalid(**{field: _("This is needed.")})
    if not _is_within(value, MAX_DEPTH):
        raise invalid(**{field: _("This is nested too deeply.")})
    try:
        size = _written_size(value)
    except (TypeError, ValueError, RecursionError):
        raise _no_json(field) from None
    if size > most:
        raise invalid(**{field: _("This is larger than %(most)d KiB.") % {"most": most // 1024}})
    if storable(value) != value:
        raise _no_json(field)
    return value


def _no_json(field: str) -> AppError:
    return invalid(**{field: _("This is no JSON that can be stored.")})


def _is_within(value: Any, depth: int) -> bool:
    level, left = [value], depth
    while level:
        inner = [list(one.values()) if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [each for one in inner for each in one]
        left -= bool(inner)
        if left < 0:
            return False
    return True


def _written_size(value: Any) -> int:
    """Return how long a value is at most, whichever database writes it: PostgreSQL writes 1e300 with all its zeros."""
    text = json.dumps(value, allow_nan=False)
    zeros = 0

    def count(digits: str) -> float:
        nonlocal zeros
        zeros += len(f"{Decimal(digits):f}")
        return 0.0

    json.loads(text, parse_float=count)
    return len(text) + zeros
