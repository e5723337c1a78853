"""Reading what an address names."""

from django.utils.translation import gettext as _
from rest_framework.request import Request

from agentsite.common.errors import invalid

_MAX_DIGITS = 12


def attempt_asked(request: Request) -> int | None:
    """Return the attempt named in the query, if any."""
    return number(request, "attempt", 0) if "attempt" in request.query_params else None


def number(request: Request, name: str, default: int) -> int:
    """Read a whole number from the query.

    :raises AppError: ``request.invalid``.
    """
    return whole(name, request.query_params.get(name, str(default)))


def whole(name: str, text: str) -> int:
    """Return a whole number that was sent under a name.

    :raises AppError: ``request.invalid``.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise invalid(**{name: _("Give a whole number from 0.")})
    return int(text)
